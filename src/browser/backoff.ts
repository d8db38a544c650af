import type { ConnectOptions } from "./options.js";

/** How long to wait before the next attempt to connect. */
export interface BackoffOptions {
  /** The longest wait before the second attempt, in milliseconds. Default 500. */
  readonly min?: number;
  /** The longest wait ever, in milliseconds. Default 20000. */
  readonly max?: number;
}

/**
 * Exponential backoff with full jitter: any wait from nothing up to a bound that doubles with every
 * failure. The jitter spreads clients that lost the same server at the same moment.
 */
export function backoff(failures: number, { random = Math.random, backoff = {} }: ConnectOptions) {
  const { min = 500, max = 20_000 } = backoff;
  return random() * Math.min(max, min * 2 ** failures);
}
