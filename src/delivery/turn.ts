import type { Clock } from "../util/clock.js";
import { Batch } from "./batch.js";

/** An outbox, as a turn sees it. */
export interface Flushable {
  /** This turn ends. */
  endTurn(): void;
  /** What was deferred goes out with this turn. */
  endDeferral(): void;
}

/** Hears of clients that do not keep up, at the end of a turn. */
export interface SlowClients<Owner> {
  /** More waits for a client than it may have for the moment: it is looked at again. */
  full(owner: Owner): void;
  /** A client began to lag. */
  lagging(owner: Owner): void;
  /** A client will not get `count` messages. */
  dropped(owner: Owner, count: number): void;
  /** More waits for a client than may ever wait. */
  overflowing(owner: Owner): void;
}

/** What delivery counts. */
export interface DeliveryCounters {
  /** Messages handed to sockets. */
  delivered: number;
}

/**
 * One turn of the event loop, as delivery sees it: the outboxes that have something, and when they
 * flush. The first message of a turn schedules its end; a hub without traffic schedules nothing.
 */
export class Turn<Owner> {
  /** Where every chain of this turn starts. */
  root = new Batch();
  readonly slowClients: SlowClients<Owner>;
  readonly counters: DeliveryCounters;
  readonly #clock: Clock;
  readonly #onFailure: (owner: Owner, cause: unknown) => void;
  #waiting: Flushable[] = [];
  #deferred: Flushable[] = [];
  /** Owners whose socket threw, with what it threw first. */
  #failed: Map<Owner, unknown> | undefined;
  #timer: unknown;

  /** @param onFailure Runs for an owner whose socket threw, when nothing else is going on. */
  constructor(
    clock: Clock,
    counters: DeliveryCounters,
    slowClients: SlowClients<Owner>,
    onFailure: (owner: Owner, cause: unknown) => void,
  ) {
    this.#clock = clock;
    this.counters = counters;
    this.slowClients = slowClients;
    this.#onFailure = onFailure;
  }

  /** Puts an outbox on this turn's list. Called once per outbox and turn. */
  enter(outbox: Flushable): void {
    if (this.#waiting.push(outbox) === 1) this.#clock.setImmediate(this.#end);
  }

  /** Puts an outbox on the list of those that have nothing urgent; all flush `delay` ms from the first on. */
  defer(outbox: Flushable, delay: number): void {
    this.#deferred.push(outbox);
    this.#timer ??= this.#clock.setTimeout(this.#flushDeferred, delay);
  }

  /** A socket threw. It may have been amid a message to many, so what follows from it has to wait. */
  fail(owner: Owner, cause: unknown): void {
    if (this.#failed === undefined) {
      this.#failed = new Map();
      this.#clock.setImmediate(this.#endFailed);
    }
    if (!this.#failed.has(owner)) this.#failed.set(owner, cause);
  }

  /** Forgets what is deferred: nobody is there any more. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deferred = [];
  }

  readonly #flushDeferred = (): void => {
    const deferred = this.#deferred;
    this.#deferred = [];
    this.#timer = undefined;
    for (const outbox of deferred) outbox.endDeferral();
  };

  readonly #endFailed = (): void => {
    const failed = this.#failed;
    this.#failed = undefined;
    for (const [owner, cause] of failed ?? []) this.#onFailure(owner, cause);
  };

  readonly #end = (): void => {
    const waiting = this.#waiting;
    // What is sent while these flush belongs to the next turn, and to a chain of its own.
    this.#waiting = [];
    this.root = new Batch();
    for (const outbox of waiting) outbox.endTurn();
  };
}
