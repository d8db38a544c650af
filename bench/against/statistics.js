import { median } from "../median.js";

/** Whatever the interval's upper end is beyond the target, up to this, is taken for noise. */
export const TOLERANCE = 0.03;

/** With fewer values no interval between two of them covers the median in 95 % of all cases. */
export const LEAST_VALUES = 6;

/** The part of all cases in which the true median may lie beyond one end of the interval. */
const BEYOND_ONE_END = 0.025;

/**
 * The median of some values and its 95 % interval: two of the values themselves, whatever their
 * distribution. It is the sign test turned round: each value is below the true median with a probability of
 * one half, so the number of those below it is binomial.
 *
 * @param {number[]} values At least {@link LEAST_VALUES}.
 * @returns {{ median: number, lower: number, upper: number }}
 */
export function medianInterval(values) {
  if (values.length < LEAST_VALUES || values.some(Number.isNaN)) {
    throw new Error(`An interval needs ${LEAST_VALUES} numbers or more: ${values.join(", ")}`);
  }
  const sorted = [...values].sort((a, b) => a - b);
  const left = leftOut(sorted.length);
  return {
    median: median(sorted),
    lower: sorted[left],
    upper: sorted[sorted.length - 1 - left],
  };
}

/**
 * What an interval of ratios says about a target: "holds" if its lower end reaches down to the target and
 * its upper end is close to it, "fails" if all of it is above. Otherwise the difference cannot be told from noise.
 *
 * @param {{ lower: number, upper: number }} interval
 * @param {number} target
 * @returns {"holds" | "fails" | "not seen"}
 */
export function judge({ lower, upper }, target) {
  if (lower > target) return "fails";
  return upper <= target + TOLERANCE ? "holds" : "not seen";
}

/** Values at each end that lie outside of the interval. */
function leftOut(count) {
  let probability = 0.5 ** count;
  let beyond = probability;
  let left = 0;
  for (;;) {
    probability *= (count - left) / (left + 1);
    beyond += probability;
    if (beyond > BEYOND_ONE_END) return left;
    left++;
  }
}
