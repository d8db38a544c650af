import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TokenBucket } from "../../../src/inbound/rate-limit.js";

describe("a token bucket", () => {
  test("never lets through more than the burst and the rate allow", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 });
    const limits = fc.record({
      perSecond: fc.integer({ min: 1, max: 100 }),
      burst: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(limits, gaps, (limit, waits) => {
        const bucket = new TokenBucket(limit, 0);
        let now = 0;
        let passed = 0;
        for (const wait of waits) {
          now += wait;
          if (bucket.take(now) === "ok") passed++;
        }
        expect(passed).toBeLessThanOrEqual(limit.burst + (now * limit.perSecond) / 1000 + 1e-6);
      }),
    );
  });

  test("never refuses one who keeps to the rate", () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 1 }, 0);
    for (let now = 100; now < 100_000; now += 100) expect(bucket.take(now)).toBe("ok");
  });

  test("does not mind a clock that is set back", () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 5 }, 1_000_000);
    expect(bucket.take(0)).toBe("ok");
    expect(bucket.take(100)).toBe("ok");
  });
});
