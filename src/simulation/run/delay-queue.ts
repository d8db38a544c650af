import type { Clock } from "../../index.js";

/** One direction of a link: what goes in comes out in order, after a while. */
export class DelayQueue<T> {
  readonly #clock: Clock;
  /** Milliseconds that the next item takes. */
  readonly #latency: () => number;
  readonly #deliver: (item: T) => void;
  /** Whether what is due at the same time comes out in one go, as many frames of one packet do. */
  readonly #inOneGo: boolean;
  #queue: { readonly item: T; readonly due: number }[] = [];
  #lastDue = 0;
  #run = {};

  constructor(clock: Clock, latency: () => number, deliver: (item: T) => void, inOneGo: boolean) {
    this.#clock = clock;
    this.#latency = latency;
    this.#deliver = deliver;
    this.#inOneGo = inOneGo;
  }

  /** Puts something in. */
  push(item: T): void {
    const due = Math.max(this.#lastDue, this.#clock.now() + this.#latency());
    this.#lastDue = due;
    if (this.#queue.push({ item, due }) === 1) this.#schedule();
  }

  /** What is in it is lost. */
  clear(): void {
    this.#queue = [];
    this.#run = {};
  }

  #schedule(): void {
    const head = this.#queue[0];
    if (head === undefined) return;
    const run = {};
    this.#run = run;
    const next = () => {
      if (this.#run === run) this.#next();
    };
    const delay = head.due - this.#clock.now();
    if (delay > 0) this.#clock.setTimeout(next, delay);
    else this.#clock.setImmediate(next);
  }

  #next(): void {
    const run = this.#run;
    const now = this.#clock.now();
    do {
      const head = this.#queue.shift();
      if (head !== undefined) this.#deliver(head.item);
      // Whoever took it may have ended the link.
      if (this.#run !== run) return;
    } while (this.#inOneGo && this.#queue[0] !== undefined && this.#queue[0].due <= now);
    this.#schedule();
  }
}
