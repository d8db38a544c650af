/**
 * The hub's source of time. The default is the runtime's own; `roomcast/testing` has one that tests move by
 * hand.
 *
 * @category Options
 */
export interface Clock {
  /** Milliseconds since the epoch, for timestamps: it may be set forward and back at any time. */
  now(): number;
  /**
   * Milliseconds that never go back, from an origin of its own: what elapsed time is measured by. A clock
   * without it is measured by the steps forward of `now`.
   */
  monotonic?(): number;
  /** Runs `callback` at the end of this turn, once what already waits has been handled. */
  setImmediate(callback: () => void): void;
  /** Runs `callback` once, after `ms` milliseconds. MUST NOT keep a process alive by itself. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a `setTimeout`. A handle that has run, or is undefined, MUST be ignored. */
  clearTimeout(handle: unknown): void;
}

/** A clock by which elapsed time can be measured, and whose timers may be as long as one likes. */
export type SteadyClock = Required<Clock>;

/** The longest time (ms) that a runtime's timer can wait; a longer one would run at once. */
const LONGEST = 2 ** 31 - 1;

/** What a clock lacks: a `monotonic` that adds up the steps forward of its `now`, and long timers, made of steps. */
class Steady implements SteadyClock {
  readonly #clock: Clock;
  #before: number;
  #elapsed = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#before = clock.now();
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    if (this.#clock.monotonic !== undefined) return this.#clock.monotonic();
    const now = this.#clock.now();
    this.#elapsed += Math.max(0, now - this.#before);
    this.#before = now;
    return this.#elapsed;
  }

  setImmediate(callback: () => void): void {
    this.#clock.setImmediate(callback);
  }

  setTimeout(callback: () => void, ms: number): unknown {
    if (ms <= LONGEST) return this.#clock.setTimeout(callback, ms);
    const timer = new LongTimer();
    const wait = (left: number): void => {
      const step = Math.min(left, LONGEST);
      const next = () => (left > step ? wait(left - step) : callback());
      timer.handle = this.#clock.setTimeout(next, step);
    };
    wait(ms);
    return timer;
  }

  clearTimeout(handle: unknown): void {
    this.#clock.clearTimeout(handle instanceof LongTimer ? handle.handle : handle);
  }
}

/** A timer that is waited for in steps. */
class LongTimer {
  /** That of the step that is waited for now. */
  handle: unknown;
}

/** A clock with all that it lacks. */
export function steady(clock: Clock): SteadyClock {
  return clock instanceof Steady ? clock : new Steady(clock);
}

/** The runtime's own clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setImmediate:
    typeof setImmediate === "function"
      ? (callback) => void setImmediate(callback)
      : (callback) => void setTimeout(callback, 0),
  setTimeout(callback, ms) {
    const handle: unknown = setTimeout(callback, ms);
    // Node, Bun and Deno hand out objects; elsewhere a handle is a number and keeps nothing alive.
    if (typeof handle === "object" && handle !== null && "unref" in handle) {
      (handle as { unref(): void }).unref();
    }
    return handle;
  },
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout> | undefined),
};
