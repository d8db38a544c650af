import type { Clock } from "../clock.js";
import { Batch } from "../delivery/batch.js";
import type { Message } from "../delivery/message.js";
import { Counter } from "./counter.js";
import type { HistoryLimits, Replay } from "./history.js";

interface Entry {
  readonly message: Message;
  readonly at: number;
}

/** How often something was said so far, in any room. */
let said = 0;

/** The last messages of one room, in memory. */
export class Log extends Counter {
  readonly #limits: HistoryLimits;
  readonly #clock: Clock;
  /** The more was said in any room since it was said here, the less it is. */
  lastSaid = 0;
  /** Told how many bytes more, or fewer, are kept. */
  readonly #onGrowth: (bytes: number) => void;
  /** Without gaps up to the position. */
  readonly #entries: Entry[] = [];
  #bytes = 0;
  /** What this turn's replays are, by the position of their first message: many ask for the same. */
  readonly #replays = new Map<number, Replay>();

  constructor(limits: HistoryLimits, clock: Clock, onGrowth: (bytes: number) => void) {
    super();
    this.#limits = limits;
    this.#clock = clock;
    this.#onGrowth = onGrowth;
  }

  override append(message: Message): void {
    super.append(message);
    message.keep();
    const { length } = message.bytes;
    if (this.#replays.size > 0) this.#replays.clear();
    const at = this.#clock.now();
    this.#entries.push({ message, at });
    this.#bytes += length;
    this.lastSaid = ++said;
    this.#onGrowth(length - this.#trim(at));
  }

  override since(seq: number, limit: number): Replay {
    this.#onGrowth(-this.#trim(this.#clock.now()));
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
    this.#onGrowth(-bytes);
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
      this.#bytes -= entry.message.bytes.length;
    }
    return before - this.#bytes;
  }
}
