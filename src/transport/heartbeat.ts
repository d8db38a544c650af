import type { SteadyClock } from "../util/clock.js";
import { isLate } from "../util/deadline.js";

/** What the heartbeat needs of a client. */
export interface Pingable {
  /** When the peer was last heard of, in milliseconds of the monotonic clock. */
  lastSeen: number;
  /** Bytes that wait for the peer's network. */
  readonly bufferedAmount: number;
  readonly isOpen: boolean;
  readonly outbox: { ping(): void };
  terminate(reason: string): void;
}

/** Time in which this process stood still. */
interface Stall {
  /** When it was over. */
  readonly end: number;
  readonly ms: number;
}

/**
 * Finds peers that vanished: one timer looks at all clients, pings those that have been silent for
 * `interval`, and cuts those that have not answered `timeout` later. It stands still while there are none.
 *
 * Time in which this process did not listen is nobody's silence: it is taken off, and a look that comes late
 * asks once more before it gives a verdict. A peer whose network takes what waits for it is alive, even where
 * the answer stands behind data.
 */
export class Heartbeat {
  readonly #clock: SteadyClock;
  readonly #interval: number;
  readonly #timeout: number;
  readonly #clients: ReadonlySet<Pingable>;
  /** Time (ms) between two looks. */
  readonly #period: number;
  #timer: unknown;
  #due = 0;
  /** The newest ones, oldest first. */
  #stalls: Stall[] = [];
  /** What waited for those that were silent at the last look (bytes). */
  #waiting = new Map<Pingable, number>();

  constructor(
    clock: SteadyClock,
    { interval, timeout }: { readonly interval: number; readonly timeout: number },
    clients: ReadonlySet<Pingable>,
  ) {
    this.#clock = clock;
    this.#interval = interval;
    this.#timeout = timeout;
    this.#clients = clients;
    // Three looks between the ping and the end, so that a peer is cut soon after its time is up.
    this.#period = timeout / 3;
  }

  /** Starts the timer, unless it runs. Called when a client connects. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#due = this.#clock.monotonic() + this.#period;
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
    const lateness = now - this.#due;
    const hasSlept = isLate(lateness, this.#period);
    if (hasSlept) this.#stalls.push({ end: now, ms: lateness });
    // A process that is late at every look finds its dead all the same, later.
    const limit = this.#interval + this.#timeout * (hasSlept ? 2 : 1);
    this.#forgetStalls(now, this.#interval + 2 * this.#timeout);
    const silent: Pingable[] = [];
    const waitedBefore = this.#waiting;
    this.#waiting = new Map();
    for (const client of this.#clients) {
      if (now - client.lastSeen < this.#interval) continue;
      const { bufferedAmount } = client;
      if (bufferedAmount < (waitedBefore.get(client) ?? 0)) client.lastSeen = now;
      if (bufferedAmount > 0) this.#waiting.set(client, bufferedAmount);
      if (this.#silence(client, now) >= limit) silent.push(client);
      else if (client.isOpen) client.outbox.ping();
    }
    if (silent.length > 0) this.#clock.setImmediate(() => this.#cut(silent, limit));
    if (this.#clients.size > 0) this.start();
  };

  /** Cuts those of whom nothing has been read in the meantime, either. */
  #cut(silent: readonly Pingable[], limit: number): void {
    const now = this.#clock.monotonic();
    for (const client of silent) {
      const silence = this.#silence(client, now);
      if (silence >= limit) client.terminate(`It was silent for ${Math.round(silence)} ms.`);
    }
  }

  /** How long (ms) this process has listened to a client in vain. */
  #silence({ lastSeen }: Pick<Pingable, "lastSeen">, now: number): number {
    let silence = now - lastSeen;
    for (const { end, ms } of this.#stalls) if (end > lastSeen) silence -= ms;
    return silence;
  }

  /** Forgets the stalls after which `ms` have been listened to: silence since then is long enough. */
  #forgetStalls(now: number, ms: number): void {
    this.#stalls = this.#stalls.filter(({ end }) => this.#silence({ lastSeen: end }, now) < ms);
  }
}
