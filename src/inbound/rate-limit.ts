/**
 * How fast one client may send.
 *
 * @category Options
 */
export interface RateLimit {
  /** Messages per second, sustained. */
  readonly perSecond: number;
  /** Messages that may come at once after a pause. */
  readonly burst: number;
}

/** What a {@link TokenBucket} says of a message. */
export type Verdict = "ok" | "limited" | "flood";

/** Refused messages, in bursts, after which a client counts as flooding. */
const FLOOD_BURSTS = 10;

/**
 * A token bucket that goes into debt: refused messages count too, so a client that does not slow
 * down digs itself in, and one number tells a slip from a flood.
 */
export class TokenBucket {
  readonly #limit: RateLimit;
  #tokens: number;
  #updated: number;

  constructor(limit: RateLimit, now: number) {
    this.#limit = limit;
    this.#tokens = limit.burst;
    this.#updated = now;
  }

  /** When it last counted a message (ms); until then, when it was made. */
  get updated(): number {
    return this.#updated;
  }

  /**
   * Counts one message at `now` (ms). Where nothing was read for `unread` ms before, as many more may come at
   * once as the rate allows in that time; what is not used of it wanes at the same rate.
   */
  take(now: number, unread = 0): Verdict {
    const { perSecond, burst } = this.#limit;
    // A clock that is set back must not take tokens away.
    const gained = (Math.max(0, now - this.#updated) * perSecond) / 1000;
    const most = Math.max(burst + (unread * perSecond) / 1000, this.#tokens - gained);
    this.#updated = now;
    this.#tokens = Math.min(most, this.#tokens + gained) - 1;
    if (this.#tokens >= 0) return "ok";
    return this.#tokens >= -FLOOD_BURSTS * burst ? "limited" : "flood";
  }
}
