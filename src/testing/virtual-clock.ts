import type { Clock } from "../clock.js";

interface Timer {
  readonly due: number;
  readonly callback: () => void;
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

  /** @param start Milliseconds since the epoch. Default: the start of the year 2000. */
  constructor(start = Date.UTC(2000, 0, 1)) {
    this.#now = start;
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
    const timer: Timer = { due: this.#now + Math.max(0, ms), callback };
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

  /** Lets time pass as while a laptop sleeps: nothing runs; what was due runs late, when it wakes. */
  sleep(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
    }
    return next;
  }
}
