import type { Envelope, RoomInfo } from "../protocol/types.js";

/**
 * Room messages with a position that did not arrive, and will not. Have the application reload
 * them.
 *
 * @category Events, errors and statistics
 */
export interface Gap {
  /** Position of the first one. */
  readonly from: number;
  /** Position of the last one; undefined if unknown, because the room's counter started over. */
  readonly to: number | undefined;
}

/**
 * How far this end has read a room. Each position is counted once: as a message, as the ack of a
 * message of ours, as one that we were excluded from, or as part of a gap.
 */
export class RoomCursor {
  /** Run of the room's counter that `seq` belongs to; undefined before the first `room_info`. */
  epoch: string | undefined;
  /** Every position up to this one is counted. */
  seq = 0;
  /** Positions counted beyond `seq`: acks overtake messages that wait for a slow client. */
  readonly #ahead = new Set<number>();

  /**
   * Moves to the position of a `room_info`; returns what was missed on the way. After a clean stop nothing was,
   * where the room begins anew.
   */
  set({ epoch, seq = 0, payload }: Envelope, isCleanStop: boolean): Gap[] {
    // What was not recovered and lies ahead of the room is no position of it.
    const isBehind = seq < this.seq && (payload as RoomInfo).recovered === false;
    if (epoch && epoch === this.epoch && !isBehind) return this.advance(seq);
    const isNew = !this.epoch || (isCleanStop && !seq && !this.#ahead.size);
    const gaps = isNew ? [] : [{ from: this.seq + 1, to: undefined }];
    this.epoch = epoch;
    this.seq = seq;
    this.#ahead.clear();
    return gaps;
  }

  /** Counts one position, until `advance` does; returns whether it was new. */
  count(seq: number): boolean {
    if (seq <= this.seq || this.#ahead.has(seq)) return false;
    this.#ahead.add(seq);
    return true;
  }

  /**
   * Counts every position up to `to`; returns those that were missing, which will not arrive any
   * more.
   */
  advance(to = 0): Gap[] {
    const gaps: { from: number; to: number }[] = [];
    while (this.seq < to || this.#ahead.has(this.seq + 1)) {
      const seq = ++this.seq;
      const last = gaps.at(-1);
      if (this.#ahead.delete(seq)) continue;
      if (last?.to === seq - 1) last.to = seq;
      else gaps.push({ from: seq, to: seq });
    }
    return gaps;
  }
}
