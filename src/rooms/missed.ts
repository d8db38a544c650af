import type { Replay } from "../history/history.js";
import type { Timeline } from "../history/timeline.js";
import type { Position } from "../protocol/types.js";
import { isPromiseLike } from "../util/promises.js";

/** Which earlier messages a client asks for when it joins. */
export interface Wanted {
  /** Those after the position that it was at, if it was in the room before. */
  readonly since: Position | undefined;
  /** Where these cannot all be shown: so many of the last ones. */
  readonly last: number | undefined;
}

/** The first of the messages that a joining client is shown, read from a timeline that is held for it. */
export interface Missed {
  readonly timeline: Timeline;
  readonly replay: Replay;
  /** Whether the user may read it: to be asked again when it is shown. */
  readonly mayRead: () => boolean;
  /** Whether it is all that came after `since`. */
  readonly isRecovered: boolean;
}

/** Reads the first messages after a position; never throws or rejects. */
type Read = (timeline: Timeline, seq: number) => Replay | Promise<Replay>;

/**
 * What a client is shown that joins. Undefined if that is nothing; otherwise the timeline is held, until it is
 * released.
 */
export function readMissed(
  timeline: Timeline,
  userId: string,
  { since, last }: Wanted,
  read: Read,
): Missed | undefined | Promise<Missed | undefined> {
  const orLast = (missed: Missed | undefined) =>
    missed ?? (last === undefined ? undefined : readLast(timeline, userId, last, read));
  const missed = since && readSince(timeline, userId, since, read);
  return isPromiseLike(missed) ? missed.then(orLast) : orLast(missed);
}

/**
 * What came after a position. Undefined if it cannot all be shown: the position is of another epoch, history does
 * not reach back so far, or the user was out of the room by decision.
 */
function readSince(
  timeline: Timeline,
  userId: string,
  { epoch, seq }: Position,
  read: Read,
): Missed | undefined | Promise<Missed | undefined> {
  if (epoch !== timeline.epoch || seq > timeline.seq) return undefined;
  // Where nothing was missed there is nothing to be shown.
  const mayRead = () => seq >= timeline.seq || timeline.allows(userId, seq);
  const reachesBack = ({ from }: Replay) => from === seq + 1;
  return hold(timeline, () => read(timeline, seq), mayRead, reachesBack);
}

/** The last messages, of those that are kept and that the user may read. Undefined if there are none. */
function readLast(
  timeline: Timeline,
  userId: string,
  count: number,
  read: Read,
): Missed | undefined | Promise<Missed | undefined> {
  const start = timeline.startFor(userId, count);
  if (start >= timeline.seq) return undefined;
  const mayAnybody = timeline.startFor(undefined, count) <= start;
  const mayRead = () => mayAnybody || timeline.allows(userId, start);
  return hold(timeline, () => read(timeline, start), mayRead);
}

/**
 * Reads from a timeline that is held meanwhile, and after that if what was read may be shown. With `reachesBack` it
 * must be all that was missed.
 */
function hold(
  timeline: Timeline,
  read: () => Replay | Promise<Replay>,
  mayRead: () => boolean,
  reachesBack?: (replay: Replay) => boolean,
): Missed | undefined | Promise<Missed | undefined> {
  if (!mayRead()) return undefined;
  const reading = read();
  timeline.hold();
  const check = (replay: Replay): Missed | undefined => {
    // While it was read, the user may have left on another connection.
    if (mayRead() && reachesBack?.(replay) !== false) {
      return { timeline, replay, mayRead, isRecovered: reachesBack !== undefined };
    }
    timeline.release();
    return undefined;
  };
  return isPromiseLike(reading) ? reading.then(check) : check(reading);
}
