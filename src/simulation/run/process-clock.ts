import type { Clock } from "../../index.js";

/** The clock of one simulated process: the world's time, and timers that end with the process. */
export class ProcessClock implements Clock {
  readonly #world: Clock;
  readonly #timers = new Set<{ handle: unknown }>();
  #isDead = false;

  constructor(world: Clock) {
    this.#world = world;
  }

  /** How many timeouts of this process wait. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#world.now();
  }

  setImmediate(callback: () => void): void {
    this.#world.setImmediate(() => {
      if (!this.#isDead) callback();
    });
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const timer: { handle: unknown } = { handle: undefined };
    if (this.#isDead) return timer;
    timer.handle = this.#world.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: unknown): void {
    const timer = handle as { handle: unknown } | undefined;
    if (timer === undefined || !this.#timers.delete(timer)) return;
    this.#world.clearTimeout(timer.handle);
  }

  /** The process dies: nothing of it runs any more. */
  kill(): void {
    this.#isDead = true;
    for (const { handle } of this.#timers) this.#world.clearTimeout(handle);
    this.#timers.clear();
  }
}
