import { VirtualClock } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { steady as steadyTimers } from "../../../src/browser/timers.js";
import { type Clock, steady } from "../../../src/util/clock.js";

type Steady = (clock: Clock) => Pick<Required<Clock>, "now" | "monotonic" | "setTimeout">;

describe.each<[string, Steady]>([
  ["of the hub", steady],
  ["of the page", steadyTimers],
])("a clock %s without a monotonic reading", (_, make) => {
  test("is measured by its steps forward", () => {
    const virtual = new VirtualClock(1_000_000);
    const clock: Clock = {
      now: () => virtual.now(),
      setImmediate: (callback) => virtual.setImmediate(callback),
      setTimeout: (callback, ms) => virtual.setTimeout(callback, ms),
      clearTimeout: (handle) => virtual.clearTimeout(handle),
    };
    const measured = make(clock);
    const start = measured.monotonic();
    const elapsed = () => measured.monotonic() - start;
    virtual.advance(500);
    expect(elapsed()).toBe(500);
    virtual.setTime(0);
    expect(elapsed()).toBe(500);
    virtual.advance(250);
    expect([elapsed(), measured.now()]).toEqual([750, 250]);
    measured.setTimeout(() => {}, 10);
    expect(virtual.pendingTimers).toBe(1);
  });
});

test("a clock with a monotonic reading is used as it is", () => {
  const clock = new VirtualClock();
  expect(steady(clock)).toBe(clock);
  expect(steadyTimers(clock)).toBe(clock);
});
