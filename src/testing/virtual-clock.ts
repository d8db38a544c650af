import type { Clock } from "../index.js";

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/** How a clock disorders timeouts, within what a real one may do. */
export interface Disorder {
  /** From 0 up to 1: decides which of the timeouts that are due at the same moment runs first. */
  readonly random: () => number;
  /** How many milliseconds a timeout may be late. Default 0. */
  readonly lateness?: number;
}

/**
 * A clock that stands still until a test moves it. Hand it to `new Hub({ clock })`: then turns end
 * when you say so, and an hour passes at once.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * const hub = new Hub({ clock });
 * const alice = MemorySocket.connect(hub, { user: { id: "1", name: "Alice" } });
 * alice.send({ type: "ping" });
 * clock.flush();
 * alice.received; // [{ type: "pong" }]
 * ```
 */
export class VirtualClock implements Clock {
  #now: number;
  #immediates: (() => void)[] = [];
  readonly #timers = new Set<Timer>();
  readonly #disorder: Disorder | undefined;

  /**
   * @param start Milliseconds since the epoch. Default: the start of the year 2000.
   * @param disorder Timeouts may be late, and those of the same moment run in any order. By default they
   * run when they are due, the one set first first.
   */
  constructor(start: number = Date.UTC(2000, 0, 1), disorder?: Disorder) {
    this.#now = start;
    this.#disorder = disorder;
  }

  /** How many timeouts are waiting. None should be left once a hub has closed. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  setImmediate(callback: () => void): void {
    this.#immediates.push(callback);
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const { random, lateness = 0 } = this.#disorder ?? { random: () => 0 };
    const late = lateness > 0 ? Math.floor(random() * (lateness + 1)) : 0;
    const timer: Timer = { due: this.#now + Math.max(0, ms) + late, callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as Timer);
  }

  /** Ends the turn: runs what waits for `setImmediate`, but not what that adds. */
  tick(): void {
    const immediates = this.#immediates;
    this.#immediates = [];
    for (const callback of immediates) callback();
  }

  /** Ends turns until nothing waits for the end of one. */
  flush(): void {
    while (this.#immediates.length > 0) this.tick();
  }

  /** Lets `ms` milliseconds pass: ends turns and runs timeouts in the order in which they are due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    this.flush();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.due);
      timer.callback();
      this.flush();
    }
    this.#now = end;
  }

  /**
   * Runs the one thing that is next: what waits for the end of a turn, or else the next timeout that is due
   * at `end` at the latest. Says whether there was one; if not, it is `end` now.
   */
  runNext(end: number = this.#now): boolean {
    const immediate = this.#immediates.shift();
    if (immediate !== undefined) {
      immediate();
      return true;
    }
    const timer = this.#next(end);
    this.#now = Math.max(this.#now, timer?.due ?? end);
    if (timer === undefined) return false;
    this.#timers.delete(timer);
    timer.callback();
    return true;
  }

  /** Lets time pass as while a laptop sleeps: nothing runs; what was due runs late, when it wakes. */
  sleep(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    let rivals = 1;
    for (const timer of this.#timers) {
      if (timer.due > end || (next !== undefined && timer.due > next.due)) continue;
      if (next === undefined || timer.due < next.due) {
        next = timer;
        rivals = 1;
      } else if (this.#disorder !== undefined && this.#disorder.random() * ++rivals < 1) {
        // Each of those of the same moment is as likely as the others.
        next = timer;
      }
    }
    return next;
  }
}
