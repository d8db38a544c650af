import type { SteadyClock } from "../util/clock.js";
import { Deadline } from "../util/deadline.js";

/** How long (ms) the end of a connection may take, until all is sent and both ends have closed. */
const CLOSE_TIMEOUT = 5_000;

/** How long (ms) it may take where the peer has ended its half, or is not read any more. */
const UNREAD_TIMEOUT = 1_000;

/** What is closed. */
interface Closable {
  terminate(reason: string): void;
}

/**
 * Connections that are closing: told to close by this side, or by the peer. One whose end takes too long is cut,
 * whatever the peer does, so that none is held by a peer that does not read, or does not answer.
 */
export class Closing<C extends Closable> {
  readonly #clock: SteadyClock;
  readonly #deadlines = new Map<C, Deadline>();
  readonly #hurried = new Set<C>();
  /** How long (ms) an end may take. */
  timeout = CLOSE_TIMEOUT;

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  /** An end begins. Call it before the socket is told, which may be gone when that call returns. */
  begin(client: C): void {
    this.#cutAfter(client, this.timeout);
  }

  /** Nothing more is read of a peer that is closing, or owed to it. Does nothing for one that is gone. */
  hurry(client: C): void {
    if (!this.#deadlines.has(client) || this.#hurried.has(client)) return;
    this.#hurried.add(client);
    this.#cutAfter(client, Math.min(UNREAD_TIMEOUT, this.timeout));
  }

  /** A connection is gone. */
  gone(client: C): void {
    this.#deadlines.get(client)?.clear();
    this.#deadlines.delete(client);
    this.#hurried.delete(client);
  }

  #cutAfter(client: C, ms: number): void {
    this.#deadlines.get(client)?.clear();
    const cut = () => client.terminate("It did not finish closing.");
    this.#deadlines.set(client, new Deadline(this.#clock, ms, cut));
  }
}
