import type { HeartbeatOptions } from "../options.js";
import type { Clock } from "../util/clock.js";

/** What the heartbeat needs of a client. */
export interface Pulse {
  /** When the peer was last heard of, in the clock's milliseconds. */
  readonly lastSeen: number;
  readonly isOpen: boolean;
  ping(): void;
  terminate(reason: string): void;
}

/**
 * Finds peers that vanished: one timer looks at all clients, pings those that have been silent for
 * `interval` and drops those that have been silent for `timeout`. It stands still while there are none.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #options: HeartbeatOptions;
  readonly #pulses: ReadonlySet<Pulse>;
  readonly #period: number;
  #timer: unknown;
  #lookedAt = 0;
  /** Silence from before this does not count: it was us who did not listen. */
  #awakeSince = 0;

  constructor(clock: Clock, options: HeartbeatOptions, pulses: ReadonlySet<Pulse>) {
    this.#clock = clock;
    this.#options = options;
    this.#pulses = pulses;
    // Three looks between the ping and the end: a peer is dropped soon after its time is up.
    this.#period = (options.timeout - options.interval) / 3;
  }

  /** Starts the timer, unless it runs. Called when a client comes. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#lookedAt = this.#clock.now();
    this.#timer = this.#clock.setTimeout(this.#look, this.#period);
  }

  /** Stops the timer. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const { interval, timeout } = this.#options;
    const now = this.#clock.now();
    // This machine slept, or its clock was set: whoever answered meanwhile has not been heard yet.
    if (Math.abs(now - this.#lookedAt - this.#period) > interval) this.#awakeSince = now;
    for (const pulse of this.#pulses) {
      const silence = now - Math.max(pulse.lastSeen, this.#awakeSince);
      if (silence >= timeout) pulse.terminate(`It was silent for ${silence} ms.`);
      else if (silence >= interval && pulse.isOpen) pulse.ping();
    }
    if (this.#pulses.size > 0) this.start();
  };
}
