/**
 * Has every listener hear events in the order in which they happened: an event waits until the change
 * that it belongs to is complete, and until all listeners of earlier events have been called. So what a
 * listener does (close, leave, join, send) is told after what it was told.
 */
export class Turns {
  #events: (() => void)[] | undefined;

  /** Makes a change. The events that it adds are told right after it. */
  run(change: () => void): void {
    if (this.#events) {
      change();
      return;
    }
    const events: (() => void)[] = [];
    this.#events = events;
    try {
      change();
    } finally {
      // More may be added while these are told.
      for (const tell of events) tell();
      this.#events = undefined;
    }
  }

  /** Adds an event; `tell` MUST NOT throw. */
  add(tell: () => void): void {
    this.run(() => this.#events?.push(tell));
  }
}
