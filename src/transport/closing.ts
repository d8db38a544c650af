import type { SteadyClock } from "../util/clock.js";
import { Deadline } from "../util/deadline.js";

/** How long (ms) the end of a connection may take, until all is sent and both ends have closed. */
const CLOSE_TIMEOUT = 5_000;

/** How long (ms) it may take where the peer is not read any more, so that its half never arrives. */
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
  /** How long (ms) an end may take. */
  timeout = CLOSE_TIMEOUT;

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  /** An end begins. Call it before the socket is told, which may be gone when that call returns. */
  begin(client: C): void {
    this.#cutAfter(client, this.timeout);
  }

  /** The peer is not read any more: its half of the closing handshake will not come. */
  hurry(client: C): void {
    this.#cutAfter(client, Math.min(UNREAD_TIMEOUT, this.timeout));
  }

  /** A connection is gone. */
  gone(client: C): void {
    this.#deadlines.get(client)?.clear();
    this.#deadlines.delete(client);
  }

  #cutAfter(client: C, ms: number): void {
    this.gone(client);
    const cut = () => client.terminate("It did not finish closing.");
    this.#deadlines.set(client, new Deadline(this.#clock, ms, cut));
  }
}
