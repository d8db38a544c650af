import { Emitter } from "./emitter.js";
import { ConnectionError } from "./errors.js";
import type { HoldingEmitter, News, Notice } from "./holding-emitter.js";
import { PRESENCE } from "./membership.js";

/** Messages that may have no listener. */
const QUIET = /^(pong|user_typing|new_message)$/;

/**
 * Has listeners hear what happens, in the order in which it happened, and the server hear what they answer. An
 * event waits until the change that it belongs to is complete, and until all listeners of earlier events have
 * been called: what a listener does (close, leave, join, send) is told after what it was told.
 */
export class Delivery {
  /** The connection's own listeners. */
  readonly emitter = new Emitter(this);
  /** The events of the change under way. */
  #events: (() => void)[] | undefined;

  /** Makes a change. The events that it adds are told right after it. */
  run(change: () => void): void {
    if (this.#events) {
      change();
      return;
    }
    this.#events = [];
    try {
      change();
    } finally {
      // More may be added while these are told.
      for (const tell of this.#events) tell();
      this.#events = undefined;
    }
  }

  /** Tells the connection's own listeners of an event. */
  tell(name: "status" | "error", event: unknown): void {
    this.#add(() => this.emitter.emit(name, event));
  }

  /**
   * Tells the handles that a room has now, unless they are left meanwhile; what no handle hears, the connection.
   * `answer` is called with the first value that a listener returned; not at all if one failed.
   */
  deliver(
    news: News,
    handles: ReadonlySet<HoldingEmitter> = new Set(),
    answer?: (payload: unknown) => void,
  ): void {
    const { name, message } = news;
    const emitters = [...handles];
    let isDone = !message;
    const notice: Notice = {
      ...news,
      results: [],
      holders: 0,
      onTold: () => {
        const { results, holders } = notice;
        if (isDone || (holders && !results.length)) return;
        isDone = true;
        if (!results.length) results.push(...this.emitter.emit(name, message));
        if (results.length) {
          Promise.all(results)
            // The emitter reports listeners that failed.
            .then(
              (values) => answer?.(values.find((value) => value !== undefined)),
              () => {},
            )
            .catch((cause) => this.failed(name, cause));
        } else if (!QUIET.test(name) && !PRESENCE.test(name)) {
          this.tell("error", new ConnectionError("UNKNOWN_TYPE", `No listener for "${name}".`));
        }
      },
    };
    this.#add(() => {
      // What only the connection listens for is not held.
      const isOurs = message && this.emitter.has(name) && !emitters.some((one) => one.has(name));
      for (const one of emitters) if (!isOurs && handles.has(one)) one.tell(notice);
      notice.onTold();
    });
  }

  #add(tell: () => void): void {
    this.run(() => this.#events?.push(tell));
  }

  /** Reports a listener that failed. One of `error` is not called again. */
  failed(name: string, cause: unknown): void {
    const text = `A listener of "${name}" failed.`;
    const error = new ConnectionError("LISTENER_FAILED", text, { cause });
    if (name === "error" || !this.emitter.has("error")) console.error(error);
    else this.tell("error", error);
  }
}
