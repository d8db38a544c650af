import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PageWorld } from "./page-world.js";

const SECOND = 1_000;

/** A hub and pages with the heartbeats that both have by default. */
const world = () => new PageWorld({ heartbeat: {} });

describe("with both ends' default heartbeats", () => {
  test("no proxy sees a silence of 55 seconds", async () => {
    const both = world();
    const { line } = await both.visit("Alice");
    let [longest, last, before] = [0, both.clock.monotonic(), line.sent.length];
    line.deliver = new Proxy(line.deliver, {
      apply(deliver, self, given) {
        last = both.clock.monotonic();
        return Reflect.apply(deliver, self, given);
      },
    });
    for (let second = 0; second < 600; second++) {
      await both.pass(SECOND);
      if (line.sent.length > before) last = both.clock.monotonic();
      before = line.sent.length;
      longest = Math.max(longest, both.clock.monotonic() - last);
    }
    expect(longest).toBeGreaterThan(20 * SECOND);
    expect(longest).toBeLessThan(45 * SECOND);
    expect(both.network.sockets).toHaveLength(1);
  });

  test("nobody is given up who answers, whenever both stand still and clocks are set", async () => {
    const seconds = fc.integer({ min: 1, max: 120 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant("sleep" as const), seconds }),
      fc.record({ kind: fc.constant("pass" as const), seconds }),
      fc.record({ kind: fc.constantFrom("forward" as const, "back" as const), seconds }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const both = world();
        await both.visit("Alice");
        await both.visit("Bob");
        const carol = both.enter("Carol");
        for (const { kind, seconds } of steps) {
          const ms = seconds * SECOND;
          if (kind === "sleep") {
            both.clock.sleep(ms);
            await both.quiet();
          } else if (kind === "pass") {
            for (let second = 0; second < seconds; second++) await both.pass(SECOND);
          } else both.clock.setTime(both.clock.now() + (kind === "forward" ? ms : -ms));
        }
        expect(both.network.sockets).toHaveLength(2);
        expect(both.emitted("disconnect")).toEqual([]);
        // One who is really gone is found within the time, on both ends.
        both.network.last.freeze();
        carol.answersPings = false;
        both.clock.sleep(30 * SECOND);
        for (let second = 0; second < 75; second++) await both.pass(SECOND);
        expect(carol.closed?.code).toBe(1006);
        expect(both.network.sockets.length).toBeGreaterThan(2);
      }),
      { numRuns: 40, seed: 20_26 },
    );
  });
});
