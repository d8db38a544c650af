import type { SteadyClock } from "../util/clock.js";

/** Messages of all clients within {@link WINDOW} (ms), from which on they count as traffic. */
const TRAFFIC = 10;
const WINDOW = 1_000;

/** How often (ms) a timer tells whether this process still reads, until nothing came for {@link WINDOW}. */
const LOOK_EVERY = 100;

/**
 * Notices when this process does not read what arrives, because it is stopped, or busy: while there is traffic
 * a timer is set, and what it is late is time in which nothing was read. It stands still without traffic.
 */
export class Reading {
  readonly #clock: SteadyClock;
  #timer: unknown;
  /** When the timer is due; never, while there is none. */
  #due = Infinity;
  #windowEnd = 0;
  #count = 0;
  #readAt = 0;
  /** When reading began again, and for how long (ms) nothing had been read until then. */
  #resumed = -Infinity;
  #unread = 0;

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  /**
   * A message is read at `now`, of a client of which the last one was read at `last`. Returns for how long (ms)
   * nothing was read of what that client may have sent since.
   */
  read(now: number, last: number): number {
    if (now > this.#due) this.#resume(now);
    this.#readAt = now;
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW;
      this.#count = 0;
    }
    if (++this.#count >= TRAFFIC && this.#due === Infinity) this.#watch(now);
    return last < this.#resumed ? this.#leftAt(now) : 0;
  }

  /** Stops the timer. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#due = Infinity;
  }

  #watch(now: number): void {
    this.#due = now + LOOK_EVERY;
    this.#timer = this.#clock.setTimeout(this.#look, LOOK_EVERY);
  }

  readonly #look = (): void => {
    const due = this.#due;
    this.#resume(this.#clock.monotonic());
    this.#due = Infinity;
    if (due - this.#readAt < WINDOW) this.#watch(this.#resumed);
  };

  /** What is left of the time (ms) that was not read: it wanes from then on. */
  #leftAt(now: number): number {
    return Math.max(0, this.#unread - (now - this.#resumed));
  }

  /** Reading goes on at `now`; the timer was due before. */
  #resume(now: number): void {
    this.#unread = Math.max(0, this.#leftAt(this.#due) + now - this.#due);
    this.#resumed = now;
    // The timer runs late, and measures from here on.
    this.#due = now;
  }
}
