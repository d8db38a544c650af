/** Where a connection takes time from; a hub's `Clock` fits. */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `callback` once, after `ms` milliseconds. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Takes back a `setTimeout`. A handle that is spent or undefined MUST be ignored. */
  clearTimeout(handle: unknown): void;
}

/**
 * The runtime's own. Unlike a hub's they keep a process alive: a program that waits for its server to
 * come back must not end meanwhile.
 */
export const systemTimers: Timers = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as number),
};

/** One thing that is to happen later. */
export class Alarm {
  readonly #timers: Timers;
  #handle: unknown;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Has it happen after `ms` milliseconds, instead of what was to happen so far. */
  set(callback: () => void, ms: number): void {
    this.clear();
    this.#handle = this.#timers.setTimeout(callback, ms);
  }

  /** Nothing is to happen. */
  clear(): void {
    this.#timers.clearTimeout(this.#handle);
  }
}
