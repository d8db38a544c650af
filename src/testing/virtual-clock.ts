import type { Clock } from "../index.js";
import { RoomcastError } from "../protocol/errors.js";

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * Makes a virtual clock as inexact as a real one may be.
 *
 * @category Options
 */
export interface TimerJitter {
  /** Random numbers from 0 up to, but not including, 1. They shuffle timeouts that are due together. */
  readonly random: () => number;
  /** How late (ms) a timeout may run. Default 0. */
  readonly lateness?: number;
}

/**
 * A clock that stands still until a test moves it. With `new Hub({ clock })`, turns end when your test says
 * so, and an hour passes at once.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * const hub = new Hub({ clock });
 * const alice = MemorySocket.connect(hub, { user: { id: "1", name: "Alice" } });
 * alice.send({ type: "ping" });
 * clock.flush(); // the turn ends: what the hub has to send arrives
 * alice.received; // [{ type: "pong" }]
 *
 * alice.answersPings = false;
 * clock.advance(120_000); // two minutes pass: the hub has given Alice up
 * hub.isOnline("1"); // false
 * ```
 *
 * @category Main
 */
export class VirtualClock implements Clock {
  /** Milliseconds since the clock was made. */
  #elapsed = 0;
  /** What the wall clock shows more than that. */
  #offset: number;
  #immediates: (() => void)[] = [];
  readonly #timers = new Set<Timer>();
  readonly #jitter: TimerJitter | undefined;

  /**
   * @param start The time at first (ms since the epoch). Default: the start of the year 2000, UTC.
   * @param jitter By default timeouts run exactly when they are due, in the order in which they were set.
   * @throws RoomcastError `INVALID_OPTION` for a `lateness` that is no time.
   */
  constructor(start: number = Date.UTC(2000, 0, 1), jitter?: TimerJitter) {
    const { lateness = 0 } = jitter ?? {};
    if (!(Number.isFinite(lateness) && lateness >= 0)) {
      const text = `lateness must be a number from 0 up; got ${lateness}.`;
      throw new RoomcastError("INVALID_OPTION", text);
    }
    this.#offset = start;
    this.#jitter = jitter;
  }

  /** Number of timeouts that wait. A hub that has closed leaves none. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** @inheritDoc */
  now(): number {
    return this.#offset + this.#elapsed;
  }

  /** @inheritDoc */
  monotonic(): number {
    return this.#elapsed;
  }

  /** Sets the wall clock (ms since the epoch), forward or back, as an operator or NTP does: no time passes. */
  setTime(now: number): void {
    this.#offset = now - this.#elapsed;
  }

  /** @inheritDoc */
  setImmediate(callback: () => void): void {
    this.#immediates.push(callback);
  }

  /** @inheritDoc */
  setTimeout(callback: () => void, ms: number): unknown {
    const { random, lateness = 0 } = this.#jitter ?? { random: () => 0 };
    const late = lateness > 0 ? Math.floor(random() * (lateness + 1)) : 0;
    const timer: Timer = { due: this.#elapsed + Math.max(0, ms) + late, callback };
    this.#timers.add(timer);
    return timer;
  }

  /** @inheritDoc */
  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as Timer);
  }

  /** Ends one turn: runs the `setImmediate` callbacks that wait, but not those that they add. */
  tick(): void {
    const immediates = this.#immediates;
    this.#immediates = [];
    for (const callback of immediates) callback();
  }

  /** Ends turns until no `setImmediate` callback waits. */
  flush(): void {
    while (this.#immediates.length > 0) this.tick();
  }

  /** Lets time pass (ms) on both clocks: ends turns, and runs timeouts in the order in which they are due. */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    this.flush();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#elapsed = Math.max(this.#elapsed, timer.due);
      timer.callback();
      this.flush();
    }
    this.#elapsed = end;
  }

  /**
   * Runs one callback: the next of `setImmediate`, or else the next timeout that is due.
   *
   * @param end The time up to which timeouts may run (ms since the epoch). Default: now.
   * @returns false if there was no callback to run; the time is `end` then.
   */
  runNext(end: number = this.now()): boolean {
    const immediate = this.#immediates.shift();
    if (immediate !== undefined) {
      immediate();
      return true;
    }
    const timer = this.#next(end - this.#offset);
    this.#elapsed = Math.max(this.#elapsed, timer?.due ?? end - this.#offset);
    if (timer === undefined) return false;
    this.#timers.delete(timer);
    timer.callback();
    return true;
  }

  /** Lets time pass (ms) in which nothing runs, as in a process that is stopped: timeouts that are due run late, at the end. */
  sleep(ms: number): void {
    this.#elapsed += ms;
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
      } else if (this.#jitter !== undefined && this.#jitter.random() * ++rivals < 1) {
        // Each of the timeouts that are due together is as likely as the others.
        next = timer;
      }
    }
    return next;
  }
}
