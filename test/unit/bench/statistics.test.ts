import { describe, expect, test } from "vitest";

interface Interval {
  median: number;
  lower: number;
  upper: number;
}

const path = new URL("../../../bench/against/statistics.js", import.meta.url).href;
const { judge, medianInterval } = (await import(path)) as {
  medianInterval(values: number[]): Interval;
  judge(interval: Interval, target: number): string;
};

describe("the interval of a median", () => {
  test.each([
    // Tables of the sign test: how many values lie beyond each end of the 95 % interval.
    [6, 0],
    [9, 1],
    [12, 2],
    [25, 7],
    [50, 17],
  ])("of %i values leaves out %i at each end", (count, left) => {
    const values = Array.from({ length: count }, (_, index) => index).reverse();
    const { lower, upper, median } = medianInterval(values);
    expect([lower, upper]).toEqual([left, count - 1 - left]);
    expect(median).toBeCloseTo((count - 1) / 2);
  });

  test("needs six numbers", () => {
    expect(() => medianInterval([1, 2, 3, 4, 5])).toThrow(/6 numbers/);
    expect(() => medianInterval([1, 2, 3, 4, 5, Number.NaN])).toThrow(/6 numbers/);
  });
});

test.each([
  [0.98, 1.01, "holds"],
  [1.02, 1.05, "holds"],
  [1.01, 1.051, "not seen"],
  [1.021, 1.03, "fails"],
])("an interval from %d to %d says of the target 1.02: %s", (lower, upper, verdict) => {
  expect(judge({ median: 1, lower, upper }, 1.02)).toBe(verdict);
});
