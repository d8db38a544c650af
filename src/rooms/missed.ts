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
  const mayRead = () => timeline.allows(userId, seq);
  // Where nothing was missed there is nothing to be shown.
  if (seq < timeline.seq && !mayRead()) return undefined;
  // While it is read, the user may leave on another connection.
  const isAll = ({ from, to }: Replay) => from === seq + 1 && (to < from || mayRead());
  return hold(timeline, read(timeline, seq), isAll, true);
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
  return hold(timeline, read(timeline, start), mayRead, false);
}

/** Holds a timeline while it is read, and after that if what was read is shown. */
function hold(
  timeline: Timeline,
  reading: Replay | Promise<Replay>,
  isShown: (replay: Replay) => boolean,
  isRecovered: boolean,
): Missed | undefined | Promise<Missed | undefined> {
  timeline.hold();
  const check = (replay: Replay): Missed | undefined => {
    if (isShown(replay)) return { timeline, replay, isRecovered };
    timeline.release();
    return undefined;
  };
  return isPromiseLike(reading) ? reading.then(check) : check(reading);
}
