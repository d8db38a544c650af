import { Batch } from "../delivery/batch.js";
import { Message } from "../delivery/message.js";
import type { SteadyClock } from "../util/clock.js";
import type { Budget, Share } from "./budget.js";
import { epochText, newEpoch } from "./epoch.js";
import type { History, HistoryLimits, Replay } from "./history.js";

/** A message as it is kept: its text. A frame is made again when one is needed. */
interface Entry {
  readonly text: string;
  /** As UTF-8. */
  readonly bytes: number;
  readonly at: number;
}

/** Fewest entries that are moved to the beginning of the array together, so that each is moved seldom. */
const MOVED_FROM = 64;

/** The last messages of one room, in memory. */
export class Log implements History, Share {
  readonly position = { epoch: epochText(newEpoch()), seq: 0 };
  readonly #roomId: string;
  readonly #limits: HistoryLimits;
  readonly #clock: SteadyClock;
  readonly #budget: Budget;
  /** Without gaps up to the position, from `#first` on; what is before has been forgotten. */
  readonly #entries: (Entry | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  counted = 0;
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
    this.#trim(at);
    this.#budget.added(this);
  }

  since(seq: number, limit: number): Replay {
    this.#trim(this.#clock.monotonic());
    this.#budget.changed(this);
    const first = this.position.seq - this.#length + 1;
    const from = Math.max(first, seq + 1);
    const known = this.#replays.get(from);
    if (known !== undefined && known.to - from < limit) return known;
    const start = this.#first + from - first;
    const entries = this.#entries.slice(start, start + limit) as Entry[];
    const batch = Batch.of(
      entries.map(({ text }, index) => Message.restored(text, this.#roomId, from + index)),
    );
    const replay: Replay = { from, to: from + entries.length - 1, batch };
    if (this.#replays.size === 0) this.#clock.setImmediate(() => this.#replays.clear());
    this.#replays.set(from, replay);
    return replay;
  }

  /** How many bytes of messages are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Forgets the first messages, until at most so many bytes are kept; the position stays. */
  shrinkTo(bytes: number): void {
    this.#replays.clear();
    while (this.#bytes > bytes) this.#shift();
    this.#budget.changed(this);
  }

  get #length(): number {
    return this.#entries.length - this.#first;
  }

  /** Forgets what is too much or too old. */
  #trim(now: number): void {
    const { messages, bytes, ttl } = this.#limits;
    while (this.#length > messages || this.#bytes > bytes) this.#shift();
    while (this.#length > 0 && (this.#entries[this.#first] as Entry).at <= now - ttl) this.#shift();
  }

  /** Forgets the first message. Costs the same however many there are. */
  #shift(): void {
    this.#bytes -= (this.#entries[this.#first] as Entry).bytes;
    this.#entries[this.#first++] = undefined;
    const { length } = this.#entries;
    if (this.#first === length || (this.#first >= MOVED_FROM && this.#first * 2 > length)) {
      this.#entries.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
