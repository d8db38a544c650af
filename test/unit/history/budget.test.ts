import fc from "fast-check";
import { expect, test } from "vitest";
import { Budget, type Share } from "../../../src/history/budget.js";
import { workOf } from "../../support/work.js";

/** Keeps numbers of bytes, the oldest first. */
class Kept implements Share {
  readonly #budget: Budget;
  counted = 0;
  parts: number[] = [];

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  get bytes(): number {
    return this.parts.reduce((sum, part) => sum + part, 0);
  }

  add(bytes: number): void {
    this.parts.push(bytes);
    this.#budget.added(this);
  }

  shrinkTo(bytes: number): void {
    while (this.bytes > bytes) this.parts.shift();
    this.#budget.changed(this);
  }
}

test("never more is kept than may be, and who keeps less than half of an equal share loses nothing", () => {
  const step = fc.record({ who: fc.nat(5), bytes: fc.integer({ min: 1, max: 60 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const budget = new Budget(100);
      const all = Array.from({ length: 6 }, () => new Kept(budget));
      for (const { who, bytes } of steps) {
        const before = all.map((kept) => kept.bytes);
        (all[who] as Kept).add(bytes);
        before[who] = (before[who] ?? 0) + bytes;
        const sum = all.reduce((total, kept) => total + kept.bytes, 0);
        expect(budget.bytes).toBe(sum);
        expect(sum).toBeLessThanOrEqual(100);
        for (const [index, kept] of all.entries()) {
          const had = before[index] ?? 0;
          if (kept.bytes < had) expect(had).toBeGreaterThan(100 / 6 / 2);
        }
      }
    }),
  );
});

test("of those that keep about as much, the one that has been silent for longest gives way", () => {
  const budget = new Budget(30);
  const [one, two, three] = [new Kept(budget), new Kept(budget), new Kept(budget)];
  for (const kept of [one, two, three, one]) kept.add(5);
  for (const kept of [two, three]) kept.add(5);
  three.add(1);
  expect([one, two, three].map((kept) => kept.bytes)).toEqual([5, 10, 11]);
});

test("to make place costs the same, however many there are", () => {
  const cost = (size: number) => {
    const budget = new Budget(size * 10);
    const all = Array.from({ length: size }, () => new Kept(budget));
    for (const kept of all) kept.add(10);
    return workOf(() => all[0]?.add(10));
  };
  expect(cost(10_000)).toBe(cost(100));
});
