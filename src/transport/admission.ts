import { RoomcastError } from "../protocol/errors.js";
import type { User } from "../protocol/types.js";
import type { SteadyClock } from "../util/clock.js";
import { Deadline } from "../util/deadline.js";
import { isPromiseLike } from "../util/promises.js";
import { checkUser } from "./authentication.js";
import type { Handshake } from "./handshake.js";
import type { Place } from "./places.js";

/** How long (ms) an admission holds its place for a connection that does not come. */
const ADMISSION_TIMEOUT = 10_000;

/**
 * A guard's yes: it holds a place until the connection is gone. Pass it to `accept` of `roomcast/ws` or
 * `roomcast/websocket`, or call {@link release}.
 *
 * @category For adapter authors
 */
export class Admission<U extends User = User> {
  /** Tells it apart from a {@link Refusal}. */
  readonly isAdmitted = true;
  /** What `authenticate` returned; undefined without it, for a guest. */
  readonly user: U | undefined;
  /** The request that was admitted. */
  readonly handshake: Handshake;
  readonly #place: Place | undefined;
  #isClaimed = false;
  #isReleased = false;
  #deadline: Deadline | undefined;

  /** Made by a guard. @internal */
  constructor(user: U | undefined, handshake: Handshake, place: Place | undefined) {
    this.user = user;
    this.handshake = handshake;
    this.#place = place;
  }

  /** Gives the place back where there will be no connection. Does nothing once it is used, or released. */
  release(): void {
    if (this.#isClaimed || this.#isReleased) return;
    this.#isReleased = true;
    this.#deadline?.clear();
    this.#place?.release();
  }

  /**
   * Takes the place over, for an adapter that calls `hub.accept` itself: it no longer comes back by itself.
   * Returns the place, which MUST be released when the connection is gone; undefined where none are counted.
   *
   * @throws RoomcastError `INVALID_OPTION` if it was used before, or released.
   */
  claim(): Place | undefined {
    if (this.#isClaimed) throw unusable("was used before: one admission is for one connection");
    if (this.#isReleased) {
      throw unusable(`was released, which it is by itself after ${ADMISSION_TIMEOUT} ms`);
    }
    this.#isClaimed = true;
    this.#deadline?.clear();
    return this.#place;
  }

  /** Gives the place back by itself, unless it is claimed in time. @internal */
  expire(clock: SteadyClock): this {
    if (this.#place !== undefined) {
      this.#deadline = new Deadline(clock, ADMISSION_TIMEOUT, () => this.release());
    }
    return this;
  }
}

/**
 * The HTTP answer to a request that is refused.
 *
 * @category For adapter authors
 */
export interface Refusal {
  /** Tells it apart from an {@link Admission}. */
  readonly isAdmitted: false;
  /** The HTTP status. */
  readonly status: 401 | 403 | 429 | 503;
  /** The body. */
  readonly text: string;
  /** `Content-Type`, and what the status asks for: `Retry-After`, `WWW-Authenticate`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The place of a connection that is to be accepted; undefined where none is held.
 *
 * @throws RoomcastError `INVALID_OPTION` for an admission that cannot be used, or is none.
 */
export function claimPlace(admission: object): Place | undefined {
  if (isPromiseLike(admission)) throw unusable("is a promise: await guard.admit(…)");
  const { isAdmitted, claim, user } = admission as Partial<Admission>;
  if (user !== undefined) checkUser(user);
  if (isAdmitted === undefined) return undefined;
  if (isAdmitted !== true || claim === undefined)
    throw unusable("is a refusal: answer with its status");
  return claim.call(admission);
}

/** Gives back what an admission holds, if it is one. */
export function releasePlace(admission: object): void {
  (admission as Partial<Admission>).release?.();
}

function unusable(why: string): RoomcastError {
  return new RoomcastError("INVALID_OPTION", `The admission ${why}.`);
}
