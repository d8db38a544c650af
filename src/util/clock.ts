/**
 * The hub's source of time. The default is the runtime's own; `roomcast/testing` has one that tests move by
 * hand.
 *
 * @category Options
 */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `callback` at the end of this turn, once what already waits has been handled. */
  setImmediate(callback: () => void): void;
  /** Runs `callback` once, after `ms` milliseconds. MUST NOT keep a process alive by itself. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a `setTimeout`. A handle that has run, or is undefined, MUST be ignored. */
  clearTimeout(handle: unknown): void;
}

/** The runtime's own clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
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
