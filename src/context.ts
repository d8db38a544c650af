import type { AnyClient } from "./client.js";
import type { AnyEvents } from "./events.js";
import { RoomcastError } from "./protocol/errors.js";
import { Closing } from "./transport/closing.js";
import type { SteadyClock } from "./util/clock.js";
import type { Emitter } from "./util/emitter.js";
import type { EventQueue } from "./util/event-queue.js";
import type { Logger } from "./util/logger.js";
import { rejected, resolved } from "./util/promises.js";
import { leftOut, Throttle } from "./util/throttle.js";

/**
 * On this node: what a hub has counted since it was made.
 *
 * @category Events, errors and statistics
 */
export interface HubStats {
  /** Connections now. */
  readonly clients: number;
  /** Users online now. */
  readonly users: number;
  /** Rooms that have members now. */
  readonly rooms: number;
  /** Messages that came from clients. */
  readonly received: number;
  /** Messages handed to clients' sockets. */
  readonly delivered: number;
  /** Messages lost to slow clients for good: history did not reach back to them. */
  readonly dropped: number;
  /** Connections that lag now. */
  readonly lagging: number;
  /** Messages that clients were sent from history: after lagging, or after a reconnect. */
  readonly replayed: number;
  /** Of the dropped ones, those with a position: their clients were told of a gap. */
  readonly missed: number;
}

/** What the parts of a hub count as it happens. */
export type Counters = {
  -readonly [K in "received" | "delivered" | "dropped" | "replayed" | "missed"]: HubStats[K];
};

/** What all parts of a hub share. */
export class Context {
  readonly clock: SteadyClock;
  readonly logger: Logger;
  readonly counters: Counters = { received: 0, delivered: 0, dropped: 0, replayed: 0, missed: 0 };
  readonly closing: Closing<AnyClient>;
  /** True from the call of `close` on: nothing new begins. */
  isClosing = false;
  /** True once `close` has resolved. */
  isClosed = false;
  readonly #emitter: Emitter<AnyEvents>;
  readonly #queue: EventQueue;
  readonly #throttle: Throttle;
  #now = 0;
  #timestamp = "";

  constructor(clock: SteadyClock, logger: Logger, emitter: Emitter<AnyEvents>, queue: EventQueue) {
    this.clock = clock;
    this.closing = new Closing(clock);
    this.logger = logger;
    this.#emitter = emitter;
    this.#queue = queue;
    this.#throttle = new Throttle(clock);
  }

  /** Now, as a message's timestamp. */
  timestamp(): string {
    const now = this.clock.now();
    if (now !== this.#now) {
      this.#now = now;
      this.#timestamp = new Date(now).toISOString();
    }
    return this.#timestamp;
  }

  /** What a verb returns whose effect is there already; a rejection once the hub is closed. */
  settled<T>(value: T): Promise<T> {
    if (!this.isClosed) return resolved(value);
    return rejected(new RoomcastError("HUB_CLOSED", "The hub is closed. Make a new one."));
  }

  /** Whether anybody listens for an event. */
  hears(event: keyof AnyEvents): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  /** Makes a change that several events tell of: their listeners run when all of it is done. */
  together<T>(change: () => T): T {
    this.#queue.hold();
    try {
      return change();
    } finally {
      this.#queue.release();
    }
  }

  /**
   * Emits an event: its listeners run before this returns, or, where a listener runs already or a change is
   * under way, after that. What they throw is reported.
   */
  emit<E extends keyof AnyEvents>(event: E, argument: Parameters<AnyEvents[E]>[0]): void {
    this.#emitter.emit(event, ...([argument] as never));
  }

  /** Tells of an error: the listeners of `error`, or the logger where there are none. */
  report(error: RoomcastError, client?: AnyClient): void {
    if (this.hears("error")) this.emit("error", { error, client });
    else this.log(error);
  }

  /** Logs an error: one a second with that text, since strangers can cause most errors at will. */
  log(error: RoomcastError): void {
    const left = this.#throttle.pass(error.message);
    if (left === undefined) return;
    const level = error.code === "SOCKET_FAILED" ? "debug" : "error";
    this.logger[level](error, ...(left === 0 ? [] : [leftOut(left)]));
  }
}
