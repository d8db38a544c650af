/**
 * How long to wait before the next attempt to connect.
 *
 * @category Options
 */
export interface BackoffOptions {
  /** Longest wait (ms) after the first failure. Doubles with each further failure. Default 500. */
  readonly min?: number | undefined;
  /** Longest wait (ms) ever. Default 20000. */
  readonly max?: number | undefined;
}

/** The same with its defaults. */
export type BackoffBounds = { readonly [N in keyof BackoffOptions]-?: number };

/**
 * Exponential backoff with full jitter: the wait (ms) is random, from 0 up to a bound that doubles
 * with each failure. The jitter spreads clients that lost the same server at the same moment.
 */
export function backoff(
  failures: number,
  { min, max }: BackoffBounds,
  random = Math.random,
): number {
  return random() * Math.min(max, min * 2 ** failures);
}
