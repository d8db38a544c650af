import type { Clock } from "../clock.js";
import { Batch } from "../delivery/batch.js";
import type { Message } from "../delivery/message.js";
import { Counter } from "./counter.js";
import type { HistoryLimits, Replay } from "./history.js";

interface Entry {
  readonly message: Message;
  readonly at: number;
}

/** The last messages of one room, in memory. */
export class Log extends Counter {
  readonly #limits: HistoryLimits;
  readonly #clock: Clock;
  /** Told how many bytes more, or fewer, are kept. */
  readonly #onGrowth: (log: Log, bytes: number) => void;
  /** Without gaps up to the position. */
  readonly #entries: Entry[] = [];
  #bytes = 0;
  /** What this turn's replays are, by the position of their first message: many ask for the same. */
  readonly #replays = new Map<number, Replay>();

  constructor(limits: HistoryLimits, clock: Clock, onGrowth: (log: Log, bytes: number) => void) {
    super();
    this.#limits = limits;
    this.#clock = clock;
    this.#onGrowth = onGrowth;
  }

  override append(message: Message): void {
    super.append(message);
    message.keep();
    const { length } = message.bytes;
    this.#replays.clear();
    this.#entries.push({ message, at: this.#clock.now() });
    this.#bytes += length;
    this.#onGrowth(this, length);
    this.#trim();
  }

  override since(seq: number, limit: number): Replay {
    this.#trim();
    const first = this.seq - this.#entries.length + 1;
    const from = Math.max(first, seq + 1);
    const known = this.#replays.get(from);
    if (known !== undefined && known.to - from < limit) return known;
    const entries = this.#entries.slice(from - first, from - first + limit);
    const batch = Batch.of(entries.map(({ message }) => message));
    const replay: Replay = { from, to: from + entries.length - 1, batch };
    if (this.#replays.size === 0) this.#clock.setImmediate(() => this.#replays.clear());
    this.#replays.set(from, replay);
    return replay;
  }

  /** Forgets all messages; the position stays. */
  clear(): void {
    this.#entries.length = 0;
    this.#replays.clear();
    this.#onGrowth(this, -this.#bytes);
    this.#bytes = 0;
  }

  #trim(): void {
    const { messages, bytes, ttl } = this.#limits;
    const oldest = this.#clock.now() - ttl;
    for (;;) {
      const entry = this.#entries[0];
      if (entry === undefined) return;
      const isOver = this.#entries.length > messages || this.#bytes > bytes;
      if (!isOver && entry.at > oldest) return;
      this.#entries.shift();
      const { length } = entry.message.bytes;
      this.#bytes -= length;
      this.#onGrowth(this, -length);
    }
  }
}
