import { type LocalErrorCode, RoomcastError } from "../protocol/errors.js";
import type { SteadyClock } from "../util/clock.js";
import { leftOut, Throttle } from "../util/throttle.js";

/** What reporting needs of a hub. */
export interface OutageHost {
  readonly clock: SteadyClock;
  /** Tells of an error. */
  report(error: RoomcastError): void;
}

/**
 * Tells of upgrades that failed because the application's own code did. Strangers can send requests at will,
 * so it tells of one a second, and says how many there were in between.
 */
class Outages {
  readonly #host: OutageHost;
  readonly #throttle: Throttle;

  constructor(host: OutageHost) {
    this.#host = host;
    this.#throttle = new Throttle(host.clock);
  }

  report(code: LocalErrorCode, text: string, cause?: unknown): void {
    const left = this.#throttle.pass();
    if (left === undefined) return;
    const more = left === 0 ? text : `${text} ${leftOut(left)}`;
    this.#host.report(new RoomcastError(code, more, { cause }));
  }
}

const outages = new WeakMap<OutageHost, Outages>();

/** The reports of a hub, which all its guards share. */
export function outagesOf(host: OutageHost): Pick<Outages, "report"> {
  let found = outages.get(host);
  if (found === undefined) {
    found = new Outages(host);
    outages.set(host, found);
  }
  return found;
}
