import { Batch } from "../delivery/batch.js";
import type { Message } from "../delivery/message.js";
import type { Position } from "../protocol/types.js";
import type { Attendance } from "./attendance.js";
import { Counter } from "./counter.js";
import type { History, Replay } from "./history.js";

/** So many messages are held while history is being read; of more, the last ones. */
const MAX_HELD = 1_000;

/**
 * What was said in a room, as those see it who missed some of it: its history, and what is said while that
 * is being read. A history that answers at once needs no holding; one that answers later would never catch
 * up with a busy room.
 */
export class Past {
  readonly #history: History;
  /** Who may be shown it; undefined where nothing is kept. */
  readonly attendance: Attendance | undefined;
  #readers = 0;
  #held: Message[] = [];

  constructor(history: History = new Counter(), attendance?: Attendance) {
    this.#history = history;
    this.attendance = attendance;
  }

  /** What keeps it. */
  get history(): History {
    return this.#history;
  }

  /** How far the room has got. */
  get position(): Position {
    return this.#history.position;
  }

  /** Takes the room's next message. */
  append(message: Message): void {
    this.#history.append(message);
    if (this.#readers === 0) return;
    this.#held.push(message);
    if (this.#held.length > MAX_HELD) this.#held.shift();
  }

  /** Somebody reads: from now on, what is said is held, until all readers have let go. */
  hold(): void {
    this.#readers++;
  }

  /** A reader is done. */
  release(): void {
    this.#readers--;
    if (this.#readers === 0) this.#held = [];
  }

  /** What there is where history cannot be read: what is held, at best. */
  nothing(): Replay {
    const from = (this.#held[0]?.seq ?? this.position.seq + 1) - 1;
    return { from: from + 1, to: from, batch: Batch.of([]) };
  }

  /** What came after a position: what is held, if that reaches back so far; else what history has. */
  since(seq: number, limit: number): Replay | Promise<Replay> {
    const { position } = this.#history;
    const from = seq + 1;
    if (seq >= position.seq) return { from, to: seq, batch: Batch.of([]) };
    const first = this.#held[0];
    if (first === undefined || from < first.seq) return this.#history.since(seq, limit);
    const messages = this.#held.slice(from - first.seq, from - first.seq + limit);
    return { from, to: seq + messages.length, batch: Batch.of(messages) };
  }
}
