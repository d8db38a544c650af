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

/** A clock by which elapsed time can be measured. */
export type SteadyClock = Required<Clock>;

/** The clock itself where it is monotonic; else one that adds up the steps forward of its `now`. */
export function steady(clock: Clock): SteadyClock {
  if (clock.monotonic !== undefined) return clock as SteadyClock;
  let before = clock.now();
  let elapsed = 0;
  return {
    now: () => clock.now(),
    monotonic() {
      const now = clock.now();
      elapsed += Math.max(0, now - before);
      before = now;
      return elapsed;
    },
    setImmediate: (callback) => clock.setImmediate(callback),
    setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
    clearTimeout: (handle) => clock.clearTimeout(handle),
  };
}

/** The runtime's own clock and timers. */
export const systemClock: SteadyClock = {
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
