/**
 * Keeps events in the order in which things happened: while the listeners of one run, and while a change is
 * under way, further events wait.
 */
export class EventQueue {
  #holders = 0;
  #waiting: (() => void)[] = [];

  /** Whether events wait now. */
  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /** From now on events wait, until {@link release} has been called as often. */
  hold(): void {
    this.#holders++;
  }

  /** Adds an event that waits. */
  add(emit: () => void): void {
    this.#waiting.push(emit);
  }

  /** Ends a hold. The last one emits what waits, and what is added meanwhile. */
  release(): void {
    let done = 0;
    try {
      while (this.#holders === 1 && done < this.#waiting.length) this.#waiting[done++]?.();
    } finally {
      if (done > 0) this.#waiting = this.#waiting.slice(done);
      // A logger that throws must not keep the others from hearing.
      if (this.#holders === 1 && this.#waiting.length > 0) this.release();
      else this.#holders--;
    }
  }
}
