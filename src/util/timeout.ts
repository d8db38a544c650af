import type { Clock } from "./clock.js";

/** What {@link inTime} resolves to where there was no answer in time. */
export const LATE: unique symbol = Symbol("late");

/** What a promise resolves to; or `LATE`, if that takes longer than so many milliseconds. */
export function inTime<T>(
  answer: PromiseLike<T>,
  clock: Clock,
  ms: number | false,
): Promise<T | typeof LATE> {
  if (ms === false) return Promise.resolve(answer);
  let timer: unknown;
  const timeout = new Promise<typeof LATE>((resolve) => {
    timer = clock.setTimeout(() => resolve(LATE), ms);
  });
  return Promise.race([answer, timeout]).finally(() => clock.clearTimeout(timer));
}

/** Whether a value is a promise, whoever made it. */
export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}
