import type { Clock } from "../util/clock.js";
import { Batch } from "./batch.js";
import type { Outbox } from "./outbox.js";

/** Within so many milliseconds… */
const WINDOW = 250;
/** …so many announcements go out with their turns. More are a crowd's, and wait for the window's end. */
const CALM = 20;

/** Who is told of clients that do not keep up, at the end of a turn. */
export interface Watcher<Owner> {
  /** A client began to lag. */
  lags(owner: Owner): void;
  /** A client will not get `count` messages. */
  dropped(owner: Owner, count: number): void;
  /** A client has as much waiting as ever may. */
  isOverfull(owner: Owner): void;
}

/**
 * One turn of the event loop, as delivery sees it: which outboxes have something, and when they
 * flush. The first message of a turn schedules its end; a hub without traffic schedules nothing.
 */
export class Turn<Owner> {
  /** Where every chain of this turn starts. */
  root = new Batch();
  /** Messages handed to sockets so far. */
  delivered = 0;
  /** Messages dropped because their client was slow. */
  dropped = 0;
  readonly #clock: Clock;
  readonly #watcher: Watcher<Owner>;
  #waiting: Outbox<Owner>[] = [];
  #lingering: Outbox<Owner>[] = [];
  #windowEnd = 0;
  #announced = 0;
  #timer: unknown;

  constructor(clock: Clock, watcher: Watcher<Owner>) {
    this.#clock = clock;
    this.#watcher = watcher;
  }

  /** Puts an outbox on this turn's list. Called once per outbox and turn. */
  enter(outbox: Outbox<Owner>): void {
    if (this.#waiting.push(outbox) === 1) this.#clock.setImmediate(this.#end);
  }

  /** Counts an announcement of who comes or goes, and says whether it is one of a crowd's. */
  isCrowded(): boolean {
    const now = this.#clock.now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW;
      this.#announced = 0;
    }
    return ++this.#announced > CALM;
  }

  /**
   * Puts an outbox on the list of those that have nothing but a crowd's announcements, which may wait
   * for more of them: when a thousand come at once, each is not told of each other by itself.
   */
  linger(outbox: Outbox<Owner>): void {
    this.#lingering.push(outbox);
    this.#timer ??= this.#clock.setTimeout(this.#gather, this.#windowEnd - this.#clock.now());
  }

  /** Stops waiting for a crowd; nobody is there any more. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lingering = [];
  }

  /** Called by an outbox that lost `count` messages in the turn that ends. */
  drop(owner: Owner, count: number): void {
    this.dropped += count;
    this.#watcher.dropped(owner, count);
  }

  /** Called by an outbox whose client began to lag in the turn that ends. */
  lags(owner: Owner): void {
    this.#watcher.lags(owner);
  }

  /** Called by an outbox that could not take what it should. */
  isOverfull(owner: Owner): void {
    this.#watcher.isOverfull(owner);
  }

  readonly #gather = (): void => {
    const lingering = this.#lingering;
    this.#lingering = [];
    this.#timer = undefined;
    for (const outbox of lingering) outbox.endLingering();
  };

  readonly #end = (): void => {
    const waiting = this.#waiting;
    // What is sent while these flush belongs to the next turn, and to a chain of its own.
    this.#waiting = [];
    this.root = new Batch();
    for (const outbox of waiting) outbox.endTurn();
  };
}
