import { Batch } from "../delivery/batch.js";
import { Message } from "../delivery/message.js";
import type { SteadyClock } from "../util/clock.js";
import { epochText, newEpoch } from "./epoch.js";
import type { History, HistoryLimits, Replay } from "./history.js";

/** A message as it is kept: its text. A frame is made again when one is needed. */
interface Entry {
  readonly text: string;
  /** As UTF-8. */
  readonly bytes: number;
  readonly at: number;
}

/** The budget that logs share. */
export interface Budget {
  /** A message was appended: `bytes` more, or fewer, are kept. */
  appended(log: Log, bytes: number): void;
  /** `bytes` were forgotten. */
  forgot(log: Log, bytes: number): void;
}

/** The last messages of one room, in memory. */
export class Log implements History {
  readonly position = { epoch: epochText(newEpoch()), seq: 0 };
  readonly #roomId: string;
  readonly #limits: HistoryLimits;
  readonly #clock: SteadyClock;
  readonly #budget: Budget;
  /** Without gaps up to the position. */
  readonly #entries: Entry[] = [];
  #bytes = 0;
  /** The replays of this turn, by the position of their first message: many clients ask for the same. */
  readonly #replays = new Map<number, Replay>();

  constructor(roomId: string, limits: HistoryLimits, clock: SteadyClock, budget: Budget) {
    this.#roomId = roomId;
    this.#limits = limits;
    this.#clock = clock;
    this.#budget = budget;
  }

  append(message: Message): void {
    this.position.seq++;
    if (this.#replays.size > 0) this.#replays.clear();
    const at = this.#clock.monotonic();
    const { length: bytes } = message.bytes;
    this.#entries.push({ text: message.text, bytes, at });
    this.#bytes += bytes;
    this.#budget.appended(this, bytes - this.#trim(at));
  }

  since(seq: number, limit: number): Replay {
    this.#budget.forgot(this, this.#trim(this.#clock.monotonic()));
    const first = this.position.seq - this.#entries.length + 1;
    const from = Math.max(first, seq + 1);
    const known = this.#replays.get(from);
    if (known !== undefined && known.to - from < limit) return known;
    const entries = this.#entries.slice(from - first, from - first + limit);
    const batch = Batch.of(
      entries.map(({ text }, index) => Message.restored(text, this.#roomId, from + index)),
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
    this.#budget.forgot(this, bytes);
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
