import type { SteadyClock } from "../util/clock.js";

/** What the heartbeat needs of a client. */
export interface Pingable {
  /** When the peer was last heard of, in milliseconds of the monotonic clock. */
  readonly lastSeen: number;
  readonly isOpen: boolean;
  ping(): void;
  terminate(reason: string): void;
}

/**
 * Finds peers that vanished: one timer looks at all clients, pings those that have been silent for
 * `interval`, and cuts those that have not answered `timeout` later. It stands still while there are none.
 */
export class Heartbeat {
  readonly #clock: SteadyClock;
  readonly #interval: number;
  /** Silence (ms) after which a peer is given up. */
  readonly #limit: number;
  readonly #clients: ReadonlySet<Pingable>;
  /** Time (ms) between two looks. */
  readonly #period: number;
  #timer: unknown;
  #lookedAt = 0;
  /** Silence before this moment does not count: this process did not listen. */
  #awakeSince = 0;

  constructor(
    clock: SteadyClock,
    { interval, timeout }: { readonly interval: number; readonly timeout: number },
    clients: ReadonlySet<Pingable>,
  ) {
    this.#clock = clock;
    this.#interval = interval;
    this.#limit = interval + timeout;
    this.#clients = clients;
    // Three looks between the ping and the end, so that a peer is cut soon after its time is up.
    this.#period = timeout / 3;
  }

  /** Starts the timer, unless it runs. Called when a client connects. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#lookedAt = this.#clock.monotonic();
    this.#timer = this.#clock.setTimeout(this.#look, this.#period);
  }

  /** Stops the timer. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    // The machine slept, or its clock was set: answers that arrived meanwhile have not been read yet.
    if (Math.abs(now - this.#lookedAt - this.#period) > this.#interval) this.#awakeSince = now;
    for (const client of this.#clients) {
      const silence = now - Math.max(client.lastSeen, this.#awakeSince);
      if (silence >= this.#limit) client.terminate(`It was silent for ${silence} ms.`);
      else if (silence >= this.#interval && client.isOpen) client.ping();
    }
    if (this.#clients.size > 0) this.start();
  };
}
