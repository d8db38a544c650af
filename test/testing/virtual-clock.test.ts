import { VirtualClock } from "roomcast/testing";
import { expect, test } from "vitest";

test("a virtual clock runs one thing at a time, if asked to", () => {
  const clock = new VirtualClock(0);
  const ran: string[] = [];
  clock.setTimeout(() => ran.push("late"), 20);
  clock.setTimeout(() => ran.push(`early, at ${clock.now()}`), 10);
  clock.setImmediate(() => ran.push("turn"));
  expect(clock.runNext(15)).toBe(true);
  expect(ran).toEqual(["turn"]);
  expect(clock.runNext(15)).toBe(true);
  expect(ran).toEqual(["turn", "early, at 10"]);
  expect(clock.runNext(15)).toBe(false);
  expect([clock.now(), clock.pendingTimers]).toEqual([15, 1]);
});

test("a virtual clock may be late, and run what is due together in any order", () => {
  const orders = new Set<string>();
  let state = 1;
  const random = () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let round = 0; round < 50; round++) {
    const clock = new VirtualClock(0, { random });
    let order = "";
    for (const name of "abc") clock.setTimeout(() => (order += name), 10);
    clock.advance(10);
    orders.add(order);
  }
  expect(orders.size).toBe(6);

  const clock = new VirtualClock(0, { random, lateness: 5 });
  const times: number[] = [];
  for (let round = 0; round < 50; round++) clock.setTimeout(() => times.push(clock.now()), 10);
  clock.advance(15);
  expect(times).toHaveLength(50);
  expect(Math.min(...times)).toBe(10);
  expect(Math.max(...times)).toBe(15);
});

test("a virtual clock measures time that no setting of the wall clock changes", () => {
  const clock = new VirtualClock(1_000);
  const ran: number[] = [];
  clock.setTimeout(() => ran.push(clock.monotonic()), 100);
  clock.advance(40);
  expect([clock.now(), clock.monotonic()]).toEqual([1_040, 40]);
  clock.setTime(0);
  expect([clock.now(), clock.monotonic(), ran]).toEqual([0, 40, []]);
  clock.advance(59);
  clock.setTime(3_600_000);
  expect([clock.now(), clock.monotonic(), ran]).toEqual([3_600_000, 99, []]);
  clock.advance(1);
  expect([clock.now(), ran]).toEqual([3_600_001, [100]]);
});

test("a virtual clock sleeps: what is due meanwhile runs afterwards, late", () => {
  const clock = new VirtualClock(0);
  const ran: number[] = [];
  clock.setTimeout(() => ran.push(clock.monotonic()), 100);
  clock.setTimeout(() => ran.push(clock.monotonic()), 6_000);
  clock.sleep(5_000);
  expect([clock.now(), clock.monotonic(), ran]).toEqual([5_000, 5_000, [5_000]]);
});
