import type { Clock } from "../../index.js";
import type { VirtualClock } from "../../testing/index.js";

/** The clock of one simulated process: simulated time, and timers that die with the process. */
export class ProcessClock implements Clock {
  readonly #clock: VirtualClock;
  readonly #timers = new Set<{ handle: unknown }>();
  #isDead = false;
  /** What its wall clock was set forward by (ms). */
  #skew: number;

  /**
   * @param clock The clock that all processes share.
   * @param skew What the machine's wall clock was set forward by (ms).
   */
  constructor(clock: VirtualClock, skew = 0) {
    this.#clock = clock;
    this.#skew = skew;
  }

  /** Number of timeouts that wait. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#clock.now() + this.#skew;
  }

  /** The machine's wall clock is set forward, or back. */
  shift(ms: number): void {
    this.#skew += ms;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setImmediate(callback: () => void): void {
    this.#clock.setImmediate(() => {
      if (!this.#isDead) callback();
    });
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const timer: { handle: unknown } = { handle: undefined };
    if (this.#isDead) return timer;
    timer.handle = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: unknown): void {
    const timer = handle as { handle: unknown } | undefined;
    if (timer === undefined || !this.#timers.delete(timer)) return;
    this.#clock.clearTimeout(timer.handle);
  }

  /** The process dies: nothing of it runs any more. */
  kill(): void {
    this.#isDead = true;
    for (const { handle } of this.#timers) this.#clock.clearTimeout(handle);
    this.#timers.clear();
  }
}
