import type { SteadyClock } from "./clock.js";
import { Deadline } from "./deadline.js";

/** What {@link withTimeout} resolves to where there was no answer in time. */
export const TIMED_OUT: unique symbol = Symbol("timed out");

/** What a promise resolves to, or `TIMED_OUT` if that takes longer than `ms` milliseconds. */
export function withTimeout<T>(
  answer: PromiseLike<T>,
  clock: SteadyClock,
  ms: number | false,
): Promise<T | typeof TIMED_OUT> {
  if (ms === false) return Promise.resolve(answer);
  return new Promise((resolve, reject) => {
    const deadline = new Deadline(clock, ms, () => resolve(TIMED_OUT));
    answer.then(
      (value) => {
        deadline.clear();
        resolve(value);
      },
      (error) => {
        deadline.clear();
        reject(error);
      },
    );
  });
}
