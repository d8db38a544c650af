import { VirtualClock } from "roomcast/testing";
import { describe, expect, test, vi } from "vitest";
import { steady as steadyTimers } from "../../../src/browser/timers.js";
import { type Clock, steady, systemClock } from "../../../src/util/clock.js";
import { Deadline } from "../../../src/util/deadline.js";
import { RuntimeClock } from "../../support/runtime-clock.js";

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

test("a clock with a monotonic reading is measured by it", () => {
  const clock = new VirtualClock();
  const made = [steady(clock), steadyTimers(clock)];
  clock.setTime(0);
  clock.advance(5);
  expect(made.map((each) => each.monotonic())).toEqual([5, 5]);
});

describe("a timer of 30 days", () => {
  const month = 30 * 24 * 3_600_000;

  test("does not run at once where the runtime's timers cannot wait that long", () => {
    const clock = new RuntimeClock();
    const run = vi.fn();
    const made = steady(clock);
    const deadline = new Deadline(made, 5 * month, run);
    made.setTimeout(run, month);
    made.clearTimeout(made.setTimeout(run, month));
    clock.advance(month - 1);
    expect(run).toHaveBeenCalledTimes(0);
    clock.advance(1);
    expect(run).toHaveBeenCalledTimes(1);
    clock.advance(4 * month - 1);
    expect(run).toHaveBeenCalledTimes(1);
    clock.advance(1);
    expect(run).toHaveBeenCalledTimes(2);
    deadline.clear();
    expect(clock.pendingTimers).toBe(0);
  });

  test("waits in the runtime itself", async () => {
    const run = vi.fn();
    const clock = steady(systemClock);
    const deadlines = [new Deadline(clock, month, run), new Deadline(clock, 5 * month, run)];
    const timer = clock.setTimeout(run, month);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(run).not.toHaveBeenCalled();
    for (const deadline of deadlines) deadline.clear();
    clock.clearTimeout(timer);
  });
});
