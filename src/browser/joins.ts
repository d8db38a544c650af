import { type BackoffOptions, backoff } from "./backoff.js";
import type { ConnectionError } from "./errors.js";
import type { Membership } from "./membership.js";
import { type Alarm, createAlarm, type SteadyTimers } from "./timers.js";

/** What joins ask of their connection. */
interface JoinsHost {
  readonly clock: SteadyTimers;
  readonly backoff: BackoffOptions;
  readonly random: (() => number) | undefined;
  /** Asks the server to let us in; resolves or rejects with its answer. */
  ask(membership: Membership): Promise<unknown>;
  /** The server does not let us in, for good. */
  refused(membership: Membership, error: ConnectionError): void;
}

/** Most joins of a connection without an answer. */
const MAX_IN_FLIGHT = 20;

/** Codes of errors that pass. Any other is a verdict. */
const PASSING = ["INTERNAL", "HANDLER_TIMEOUT", "RATE_LIMITED", "TIMEOUT", "UNAVAILABLE"];

/** Codes of errors after which the next connection asks. */
const DISCONNECTED = ["CONNECTION_LOST", "QUEUE_FULL"];

/**
 * Joins of the connection that is open, a few at a time. A rejoin that fails for a passing reason is asked again,
 * later each time; where the server limits the rate, one at a time. A first join is the caller's to repeat.
 */
export class Joins {
  readonly #host: JoinsHost;
  readonly #waiting = new Set<Membership>();
  readonly #inFlight = new Set<Membership>();
  /** Timers of those that are asked again. */
  readonly #retries = new Map<Membership, Alarm>();
  /** Holds all of them back. */
  readonly #pause: Alarm;
  /** False while there is no connection, and during a pause. */
  #isOpen = false;
  #limit = MAX_IN_FLIGHT;
  #refusals = 0;

  constructor(host: JoinsHost) {
    this.#host = host;
    this.#pause = createAlarm(host.clock);
  }

  /** Joins these on a new connection. */
  start(memberships: Iterable<Membership>): void {
    this.stop();
    this.#isOpen = true;
    for (const membership of memberships) this.add(membership);
  }

  /** The connection is gone. */
  stop(): void {
    for (const alarm of this.#retries.values()) alarm();
    this.#retries.clear();
    this.#waiting.clear();
    this.#inFlight.clear();
    this.#pause();
    this.#isOpen = false;
    this.#limit = MAX_IN_FLIGHT;
    this.#refusals = 0;
  }

  /** Joins a room once that is possible. */
  add(membership: Membership): void {
    this.#waiting.add(membership);
    this.#next();
  }

  /** A room was left. */
  remove(membership: Membership): void {
    this.#retries.get(membership)?.();
    this.#retries.delete(membership);
    this.#waiting.delete(membership);
    if (this.#inFlight.delete(membership)) this.#next();
  }

  #next(): void {
    for (const membership of this.#waiting) {
      if (!this.#isOpen || this.#inFlight.size >= this.#limit) return;
      this.#waiting.delete(membership);
      this.#inFlight.add(membership);
      this.#host.ask(membership).then(
        () => this.#settled(membership),
        (error) => this.#settled(membership, error),
      );
    }
  }

  #settled(membership: Membership, error?: ConnectionError): void {
    // Left, or the connection is gone.
    if (!this.#inFlight.delete(membership)) return;
    const { clock, backoff: bounds, random } = this.#host;
    if (!error) {
      membership.failures = 0;
      this.#refusals = 0;
    } else if (membership.hasEntered && error.code === "RATE_LIMITED") {
      this.#waiting.add(membership);
      this.#slowDown();
    } else if (membership.hasEntered && PASSING.includes(error.code)) {
      const alarm = this.#retries.get(membership) ?? createAlarm(clock);
      this.#retries.set(membership, alarm);
      alarm(() => this.add(membership), backoff(membership.failures++, bounds, random));
    } else if (!DISCONNECTED.includes(error.code)) this.#host.refused(membership, error);
    this.#next();
  }

  /** Waits, and then asks one at a time. */
  #slowDown(): void {
    // Those that were refused together are one failure.
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#limit = 1;
    const { backoff: bounds, random } = this.#host;
    const delay = backoff(this.#refusals++, bounds, random);
    this.#pause(() => {
      this.#isOpen = true;
      this.#next();
    }, delay);
  }
}
