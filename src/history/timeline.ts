import { Batch } from "../delivery/batch.js";
import type { Message } from "../delivery/message.js";
import type { Position } from "../protocol/types.js";
import { Attendance } from "./access.js";
import type { History, Past, Replay } from "./history.js";

/** So many messages are held while history is being read; of more, the last ones. */
const MAX_HELD = 1_000;

/**
 * The past of a room that keeps one: its history, and what is said while that is being read. A history that
 * answers at once needs no holding; one that answers later would never catch up with a busy room.
 */
export class KeptPast implements Past {
  readonly history: History;
  readonly ttl: number;
  readonly attendance = new Attendance();
  #readers = 0;
  #held: Message[] = [];

  constructor(history: History, ttl: number) {
    this.history = history;
    this.ttl = ttl;
  }

  get position(): Position {
    return this.history.position;
  }

  append(message: Message): void {
    this.history.append(message);
    if (this.#readers === 0) return;
    this.#held.push(message);
    if (this.#held.length > MAX_HELD) this.#held.shift();
  }

  hold(): void {
    this.#readers++;
  }

  release(): void {
    this.#readers--;
    if (this.#readers === 0) this.#held = [];
  }

  /** What is held, at best. */
  nothing(): Replay {
    const from = this.#held[0]?.seq ?? this.position.seq + 1;
    return { from, to: from - 1, batch: Batch.of([]) };
  }

  /** What is held, if that reaches back so far; else what history has. */
  since(seq: number, limit: number): Replay | Promise<Replay> {
    const from = seq + 1;
    if (seq >= this.position.seq) return { from, to: seq, batch: Batch.of([]) };
    const first = this.#held[0];
    if (first === undefined || from < first.seq) return this.history.since(seq, limit);
    const messages = this.#held.slice(from - first.seq, from - first.seq + limit);
    return { from, to: seq + messages.length, batch: Batch.of(messages) };
  }
}
