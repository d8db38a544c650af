/**
 * Clock and timers of a connection. A hub's `Clock` fits.
 *
 * @category For other runtimes
 */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that never go back. Without it, the steps forward of `now` are added up. */
  monotonic?(): number;
  /** Runs `callback` once, after `ms` milliseconds. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a `setTimeout`. A handle that is spent or undefined MUST be ignored. */
  clearTimeout(handle: unknown): void;
}

/** Timers by which elapsed time can be measured. */
export type SteadyTimers = Required<Timers>;

/**
 * The timers themselves where they are monotonic; else with a `monotonic` made of `now`. Without timers the
 * runtime's own. Unlike a hub's timers they keep a process alive: a program that waits for its server to come
 * back must not end meanwhile.
 */
export function steady(timers?: Timers): SteadyTimers {
  if (timers?.monotonic) return timers as SteadyTimers;
  let before = Infinity;
  let elapsed = 0;
  return {
    now: () => (timers ?? Date).now(),
    monotonic() {
      const now = (timers ?? performance).now();
      if (now > before) elapsed += now - before;
      before = now;
      return elapsed;
    },
    setTimeout: (callback, ms) => (timers ?? globalThis).setTimeout(callback, ms),
    clearTimeout: (handle) => (timers ?? globalThis).clearTimeout(handle as number),
  };
}

/**
 * One timer that can be set again. Without a callback it is cleared. One that gives a verdict on the server and
 * comes late runs once more: while we slept we could not hear the server.
 */
export type Alarm = (callback?: () => void, ms?: number, isVerdict?: boolean) => void;

/** Makes an {@link Alarm}. */
export function createAlarm(timers: SteadyTimers): Alarm {
  let handle: unknown;
  return function alarm(callback, ms = 0, isVerdict?): void {
    timers.clearTimeout(handle);
    // A timer that is later than 100 ms shows that we slept, or that the page is throttled.
    const late = timers.monotonic() + ms + 100;
    handle =
      callback &&
      timers.setTimeout(() => {
        if (isVerdict && timers.monotonic() > late) alarm(callback, ms);
        else callback();
      }, ms);
  };
}
