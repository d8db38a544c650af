import type { VirtualClock } from "../../testing/index.js";

/** How a delay queue works. */
export interface DelayQueueOptions<T> {
  readonly clock: VirtualClock;
  /** How long the next item takes (ms). */
  readonly latency: () => number;
  readonly deliver: (item: T) => void;
  /** Whether items that are due together are delivered in one go, like several frames in one packet. */
  readonly isPacketed: boolean;
}

/** One direction of a link: items come out in order, each after its latency. */
export class DelayQueue<T> {
  readonly #options: DelayQueueOptions<T>;
  #items: { readonly item: T; readonly due: number }[] = [];
  #lastDue = 0;
  /** Replaced when the queue is cleared or scheduled anew, so that an older timer does nothing. */
  #schedule = {};

  constructor(options: DelayQueueOptions<T>) {
    this.#options = options;
  }

  /** Adds an item. */
  push(item: T): void {
    const { clock, latency } = this.#options;
    const due = Math.max(this.#lastDue, clock.monotonic() + latency());
    this.#lastDue = due;
    if (this.#items.push({ item, due }) === 1) this.#scheduleNext();
  }

  /** Drops all items. */
  clear(): void {
    this.#items = [];
    this.#schedule = {};
  }

  #scheduleNext(): void {
    const { clock } = this.#options;
    const head = this.#items[0];
    if (head === undefined) return;
    const schedule = {};
    this.#schedule = schedule;
    const deliver = () => {
      if (this.#schedule === schedule) this.#deliver();
    };
    const delay = head.due - clock.monotonic();
    if (delay > 0) clock.setTimeout(deliver, delay);
    else clock.setImmediate(deliver);
  }

  #deliver(): void {
    const { clock, deliver, isPacketed } = this.#options;
    const schedule = this.#schedule;
    const now = clock.monotonic();
    do {
      const head = this.#items.shift();
      if (head !== undefined) deliver(head.item);
      // The receiver may have cleared the queue.
      if (this.#schedule !== schedule) return;
    } while (isPacketed && this.#items[0] !== undefined && this.#items[0].due <= now);
    this.#scheduleNext();
  }
}
