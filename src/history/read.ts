import { RoomcastError } from "../protocol/errors.js";
import type { SteadyClock } from "../util/clock.js";
import { isPromiseLike } from "../util/promises.js";
import { TIMED_OUT, withTimeout } from "../util/timeout.js";
import type { Replay } from "./history.js";
import type { Timeline } from "./timeline.js";

/** Most messages read from history at a time. */
const SLICE = 256;

/** How histories are read. */
export interface ReadSettings {
  readonly clock: SteadyClock;
  /** How long (ms) an answer may take; `false` for no limit. */
  readonly timeout: number | false;
  /** Runs where a history throws, rejects or takes too long. */
  report(error: RoomcastError): void;
}

/**
 * The first messages after a position. A history that throws, rejects or takes too long is reported, and has
 * no messages; one that has none where there must be some has lost them.
 */
export function readHistory(
  timeline: Timeline,
  seq: number,
  settings: ReadSettings,
): Replay | Promise<Replay> {
  const head = timeline.seq;
  const fail = (text: string, cause?: unknown): Replay => {
    settings.report(new RoomcastError("HISTORY_FAILED", text, { cause }));
    return timeline.nothing();
  };
  const failed = (cause: unknown) => fail("A history could not be read.", cause);
  const check = (replay: Replay): Replay => {
    if (typeof replay.batch?.messages !== "function") {
      throw new TypeError("A history must answer with { from, to, batch }.");
    }
    const isLost = seq < head && replay.to <= seq;
    return isLost ? { from: head + 1, to: head, batch: replay.batch } : replay;
  };
  try {
    const replay = timeline.since(seq, SLICE);
    if (!isPromiseLike(replay)) return check(replay);
    const late = `A history did not answer in ${settings.timeout} ms.`;
    return withTimeout(replay, settings.clock, settings.timeout)
      .then((result) => (result === TIMED_OUT ? fail(late) : check(result)))
      .catch(failed);
  } catch (cause) {
    return failed(cause);
  }
}
