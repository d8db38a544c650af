import type { Clock } from "../clock.js";
import { Batch } from "./batch.js";
import type { Outbox } from "./outbox.js";

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
  readonly #onDrop: (owner: Owner, count: number) => void;
  #waiting: Outbox<Owner>[] = [];

  /** `onDrop` runs at the end of a turn, once per slow client, with the number of lost messages. */
  constructor(clock: Clock, onDrop: (owner: Owner, count: number) => void) {
    this.#clock = clock;
    this.#onDrop = onDrop;
  }

  /** Puts an outbox on this turn's list. Called once per outbox and turn. */
  enter(outbox: Outbox<Owner>): void {
    if (this.#waiting.push(outbox) === 1) this.#clock.setImmediate(this.#end);
  }

  /** Called by an outbox that lost `count` messages in the turn that ends. */
  drop(owner: Owner, count: number): void {
    this.dropped += count;
    this.#onDrop(owner, count);
  }

  readonly #end = (): void => {
    const waiting = this.#waiting;
    // What is sent while these flush belongs to the next turn, and to a chain of its own.
    this.#waiting = [];
    this.root = new Batch();
    for (const outbox of waiting) outbox.endTurn();
  };
}
