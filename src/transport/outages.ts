import { type LocalErrorCode, RoomcastError } from "../protocol/errors.js";
import type { SteadyClock } from "../util/clock.js";

/** Time (ms) between two reports of one hub. */
const PERIOD = 1_000;

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
  #reportedAt = -Infinity;
  #unreported = 0;

  constructor(host: OutageHost) {
    this.#host = host;
  }

  report(code: LocalErrorCode, text: string, cause?: unknown): void {
    const now = this.#host.clock.monotonic();
    if (now - this.#reportedAt < PERIOD) {
      this.#unreported++;
      return;
    }
    const more = this.#unreported === 0 ? "" : ` (${this.#unreported} more since the last report.)`;
    this.#reportedAt = now;
    this.#unreported = 0;
    this.#host.report(new RoomcastError(code, text + more, { cause }));
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
