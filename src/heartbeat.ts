import type { Clock } from "./clock.js";
import type { HeartbeatOptions } from "./options.js";

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
  #timer: unknown;

  constructor(clock: Clock, options: HeartbeatOptions, pulses: ReadonlySet<Pulse>) {
    this.#clock = clock;
    this.#options = options;
    this.#pulses = pulses;
  }

  /** Starts the timer, unless it runs. Called when a client comes. */
  start(): void {
    if (this.#timer !== undefined) return;
    // Three looks between the ping and the end: a peer is dropped soon after its time is up.
    const { interval, timeout } = this.#options;
    this.#timer = this.#clock.setTimeout(this.#look, (timeout - interval) / 3);
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
    for (const pulse of this.#pulses) {
      const silence = now - pulse.lastSeen;
      if (silence >= timeout) pulse.terminate(`It was silent for ${silence} ms.`);
      else if (silence >= interval && pulse.isOpen) pulse.ping();
    }
    if (this.#pulses.size > 0) this.start();
  };
}
