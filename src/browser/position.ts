import type { Envelope } from "../protocol/types.js";

/** Lasting messages of a room that did not come, and will not: have the application reload them. */
export interface Gap {
  /** The position of the first one. */
  readonly from: number;
  /** That of the last one; undefined where nobody knows, because the room's counter started over. */
  readonly to: number | undefined;
}

/**
 * How far one has come in a room. Each position is accounted for once: by a message, by the ack of one's
 * own, by being left out of it, or as part of a gap.
 */
export class Progress {
  /** With `seq`, the position to go on from; undefined until the server has said where one comes in. */
  epoch: string | undefined;
  /** Everything up to here is accounted for, */
  seq = 0;
  /** and these: acks overtake messages that wait for a slow line. */
  readonly #ahead = new Set<number>();

  /** Takes the position that a `room_info` states. Returns what was missed on the way there. */
  enter({ epoch, seq = 0 }: Envelope): Gap[] {
    if (epoch && epoch === this.epoch) return this.advance(seq);
    const gaps = this.epoch ? [{ from: this.seq + 1, to: undefined }] : [];
    this.epoch = epoch;
    this.seq = seq;
    this.#ahead.clear();
    return gaps;
  }

  /** Accounts for one position; says whether it was new. */
  count(seq: number): boolean {
    if (seq <= this.seq || this.#ahead.has(seq)) return false;
    this.#ahead.add(seq);
    this.advance();
    return true;
  }

  /** Accounts for everything up to a position: what is missing there does not come any more. */
  advance(to = 0): Gap[] {
    const gaps: { from: number; to: number }[] = [];
    let gap: { from: number; to: number } | undefined;
    while (this.seq < to || this.#ahead.has(this.seq + 1)) {
      if (this.#ahead.delete(++this.seq)) gap = undefined;
      else if (gap) gap.to++;
      else {
        gap = { from: this.seq, to: this.seq };
        gaps.push(gap);
      }
    }
    return gaps;
  }
}
