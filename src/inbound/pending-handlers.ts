import type { AnyClient } from "../client.js";
import type { Clock } from "../util/clock.js";

/** How many handlers of one client are pending. */
interface Count {
  /** Those that began in earlier turns. */
  earlier: number;
  /** Those that began in this turn, and may still settle in it. */
  now: number;
}

/**
 * The handlers of each client whose promises are pending. One that settles in the turn in which it began does not
 * count: one segment of the network may bring more messages than may be pending.
 */
export class PendingHandlers {
  readonly #clock: Clock;
  readonly #limit: number;
  /** Of clients that have any. */
  readonly #counts = new Map<AnyClient, Count>();
  /** Of clients for which a handler began in this turn. */
  #begun: Count[] = [];
  #turn = 0;

  constructor(clock: Clock, limit: number | false) {
    this.#clock = clock;
    this.#limit = limit === false ? Number.POSITIVE_INFINITY : limit;
  }

  /** Whether a client has as many as it may have. */
  isFull(client: AnyClient): boolean {
    return (this.#counts.get(client)?.earlier ?? 0) >= this.#limit;
  }

  /** A handler has returned a promise. Returns the turn, for {@link end}. */
  begin(client: AnyClient): number {
    let count = this.#counts.get(client);
    if (count === undefined) {
      count = { earlier: 0, now: 0 };
      this.#counts.set(client, count);
    }
    count.now++;
    if (this.#begun.push(count) === 1) this.#clock.setImmediate(this.#endTurn);
    return this.#turn;
  }

  /** The promise of a handler that began in that turn has settled. */
  end(client: AnyClient, turn: number): void {
    const count = this.#counts.get(client) as Count;
    if (turn === this.#turn) count.now--;
    else count.earlier--;
    if (count.now + count.earlier === 0) this.#counts.delete(client);
  }

  readonly #endTurn = (): void => {
    const begun = this.#begun;
    this.#begun = [];
    this.#turn++;
    for (const count of begun) {
      count.earlier += count.now;
      count.now = 0;
    }
  };
}
