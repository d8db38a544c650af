import { type BackoffBounds, backoff } from "./backoff.js";
import type { ConnectionError } from "./errors.js";
import type { Membership } from "./membership.js";
import type { PendingRequests } from "./pending-requests.js";
import { type Alarm, createAlarm, type SteadyTimers } from "./timers.js";

/** What joins ask of their connection. */
interface JoinsHost {
  readonly clock: SteadyTimers;
  readonly backoff: BackoffBounds;
  readonly random?: (() => number) | undefined;
  /** Where the server is asked to let us in. */
  readonly requests: Pick<PendingRequests, "add">;
  /** The server does not let us in, for good. */
  refused(membership: Membership, error: ConnectionError): void;
}

/** Most joins of a connection without an answer. */
const MAX_IN_FLIGHT = 20;

/** Codes of errors that pass: a rejoin is asked again. Any other is a verdict. */
const PASSING = /^(INTERNAL|(HANDLER_)?TIMEOUT|RATE_LIMITED|UNAVAILABLE)$/;

/** Codes of errors after which the next connection asks. */
const DISCONNECTED = /^(CONNECTION_LOST|QUEUE_FULL)$/;

/**
 * Joins of a connection, a few at a time. A rejoin that fails for a passing reason is asked again, behind the
 * others: then rejoins pause, longer each time, and go on one by one. A first join is the caller's to repeat.
 */
export class Joins {
  readonly #host: JoinsHost;
  #waiting = new Set<Membership>();
  #inFlight = new Set<Membership>();
  readonly #pause: Alarm;
  #isPaused = false;
  /** How many failed in a row, and whether any did on this connection. */
  #failures = 0;

  constructor(host: JoinsHost) {
    this.#host = host;
    this.#pause = createAlarm(host.clock);
  }

  /** Begins anew, on a new connection or on none, with these. */
  start(memberships: Iterable<Membership> = []): void {
    this.#pause();
    this.#isPaused = false;
    this.#failures = 0;
    this.#inFlight = new Set();
    this.#waiting = new Set(memberships);
    this.#next();
  }

  /** Joins a room once that is possible. */
  add(membership: Membership): void {
    this.#waiting.add(membership);
    this.#next();
  }

  /** A room was left. */
  remove(membership: Membership): void {
    this.#waiting.delete(membership);
    this.#inFlight.delete(membership);
    this.#next();
  }

  #next(): void {
    const inFlight = this.#inFlight;
    for (const membership of this.#waiting) {
      const { hasEntered } = membership;
      const { size } = inFlight;
      const isHeld = hasEntered && (this.#isPaused || (this.#failures && size));
      if (isHeld || size >= MAX_IN_FLIGHT) continue;
      this.#waiting.delete(membership);
      inFlight.add(membership);
      this.#host.requests
        .add({ type: "join_room", room: membership.id, payload: membership.request }, {}, 0)
        .then(
          () => {
            this.#failures &&= 1;
          },
          (error: ConnectionError) => {
            // Left, or the connection is gone.
            if (!inFlight.has(membership) || DISCONNECTED.test(error.code)) return;
            if (hasEntered && PASSING.test(error.code)) {
              this.#waiting.add(membership);
              this.#wait();
            } else this.#host.refused(membership, error);
          },
        )
        .then(() => {
          inFlight.delete(membership);
          this.#next();
        });
    }
  }

  /** Pauses. Those that are refused meanwhile are the same failure. */
  #wait(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    const { backoff: bounds, random } = this.#host;
    this.#pause(
      () => {
        this.#isPaused = false;
        this.#next();
      },
      backoff(this.#failures++, bounds, random),
    );
  }
}
