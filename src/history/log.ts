import { Batch } from "../delivery/batch.js";
import { Message } from "../delivery/message.js";
import type { Clock } from "../util/clock.js";
import { Counter } from "./counter.js";
import type { HistoryLimits, Replay } from "./history.js";

/** What is kept of a message: its text. Its frame dies young, and is made anew where it is asked for. */
interface Entry {
  readonly text: string;
  /** As UTF-8. */
  readonly bytes: number;
  readonly at: number;
}

/** Told of what logs keep, who share a budget. */
export interface Ledger {
  /** Something was said: so many bytes more, or fewer, are kept. */
  said(log: Log, bytes: number): void;
  /** So many bytes were forgotten. */
  forgot(log: Log, bytes: number): void;
}

/** The last messages of one room, in memory. */
export class Log extends Counter {
  readonly #roomId: string;
  readonly #limits: HistoryLimits;
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  /** Without gaps up to the position. */
  readonly #entries: Entry[] = [];
  #bytes = 0;
  /** What this turn's replays are, by the position of their first message: many ask for the same. */
  readonly #replays = new Map<number, Replay>();

  constructor(roomId: string, limits: HistoryLimits, clock: Clock, ledger: Ledger) {
    super();
    this.#roomId = roomId;
    this.#limits = limits;
    this.#clock = clock;
    this.#ledger = ledger;
  }

  override append(message: Message): void {
    super.append(message);
    if (this.#replays.size > 0) this.#replays.clear();
    const at = this.#clock.now();
    const { length: bytes } = message.bytes;
    this.#entries.push({ text: message.text, bytes, at });
    this.#bytes += bytes;
    this.#ledger.said(this, bytes - this.#trim(at));
  }

  override since(seq: number, limit: number): Replay {
    this.#ledger.forgot(this, this.#trim(this.#clock.now()));
    const first = this.seq - this.#entries.length + 1;
    const from = Math.max(first, seq + 1);
    const known = this.#replays.get(from);
    if (known !== undefined && known.to - from < limit) return known;
    const entries = this.#entries.slice(from - first, from - first + limit);
    const batch = Batch.of(
      entries.map(({ text }, index) => Message.again(text, this.#roomId, from + index)),
    );
    const replay: Replay = { from, to: from + entries.length - 1, batch };
    if (this.#replays.size === 0) this.#clock.setImmediate(() => this.#replays.clear());
    this.#replays.set(from, replay);
    return replay;
  }

  /** Whether nothing is kept. */
  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Forgets all messages; the position stays. */
  clear(): void {
    const bytes = this.#bytes;
    this.#entries.length = 0;
    this.#replays.clear();
    this.#bytes = 0;
    this.#ledger.forgot(this, bytes);
  }

  /** Forgets what is too much or too old. Returns how many bytes that were. */
  #trim(now: number): number {
    const { messages, bytes, ttl } = this.#limits;
    const entries = this.#entries;
    const before = this.#bytes;
    for (let entry = entries[0]; entry !== undefined; entry = entries[0]) {
      const isOver = entries.length > messages || this.#bytes > bytes;
      if (!isOver && entry.at > now - ttl) break;
      entries.shift();
      this.#bytes -= entry.bytes;
    }
    return before - this.#bytes;
  }
}
