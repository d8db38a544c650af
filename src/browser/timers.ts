/** Clock and timers of a connection. A hub's `Clock` fits. */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `callback` once, after `ms` milliseconds. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Cancels a `setTimeout`. A handle that is spent or undefined MUST be ignored. */
  clearTimeout(handle: unknown): void;
}

/**
 * The runtime's own. Unlike a hub's timers they keep a process alive: a program that waits for its
 * server to come back must not end meanwhile.
 */
export const systemTimers: Timers = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as number),
};

/** One timer that can be set again. Without a callback it is cleared. */
export type Alarm = (callback?: () => void, ms?: number) => void;

/** Makes an {@link Alarm}. */
export function createAlarm(timers: Timers): Alarm {
  let handle: unknown;
  return (callback, ms = 0) => {
    timers.clearTimeout(handle);
    handle = callback && timers.setTimeout(callback, ms);
  };
}
