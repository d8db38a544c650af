import type { SteadyClock } from "./clock.js";

/** The parts that the time is waited for in. */
const PARTS = 4;

/** Most parts that are waited for again, so that a process that is always late still comes to an end. */
const MAX_REPEATS = 12;

/** A timer that comes later than half of its time is late, within these bounds (ms). */
const LATE_FROM = 20;
const LATE_AT_MOST = 250;

/** Whether a timer for `ms` is so late that this process stood still meanwhile. */
export function isLate(lateness: number, ms: number): boolean {
  return lateness > Math.max(LATE_FROM, Math.min(LATE_AT_MOST, ms / 2));
}

/**
 * The end of the time that somebody else has, in which this process listens. A process that was stopped, or
 * busy, has not read yet what arrived meanwhile: so the time is waited for in parts, a part whose timer comes
 * late is waited for again, and what has arrived by then is read before `onOver` runs.
 */
export class Deadline {
  readonly #clock: SteadyClock;
  readonly #ms: number;
  readonly #onOver: () => void;
  #left = PARTS;
  #repeats = MAX_REPEATS;
  #timer: unknown;
  #isCleared = false;

  /** Waits for `ms` milliseconds, then runs `onOver` once. */
  constructor(clock: SteadyClock, ms: number, onOver: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onOver = onOver;
    this.#wait();
  }

  /** It is in time: nothing runs any more. */
  clear(): void {
    this.#isCleared = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #wait(): void {
    const part = Math.floor(this.#ms / PARTS);
    const ms = this.#left > 1 ? part : this.#ms - part * (PARTS - 1);
    const due = this.#clock.monotonic() + ms;
    this.#timer = this.#clock.setTimeout(() => {
      const mayRepeat = this.#repeats > 0 && isLate(this.#clock.monotonic() - due, ms);
      if (mayRepeat) this.#repeats--;
      else this.#left--;
      if (this.#left > 0) this.#wait();
      else this.#clock.setImmediate(this.#end);
    }, ms);
  }

  readonly #end = (): void => {
    if (!this.#isCleared) this.#onOver();
  };
}
