import { Batch } from "../delivery/batch.js";
import type { Message } from "../delivery/message.js";
import type { Position } from "../protocol/types.js";
import { HistoryAccess, type Revocations } from "./access.js";
import { epochText, newEpoch } from "./epoch.js";
import type { History, Replay } from "./history.js";

/** Most messages held per room while its history is being read; the last ones stay. */
const MAX_HELD = 1_000;

interface KeptOptions {
  readonly history: History;
  readonly ttl: number;
  readonly newcomers: number;
  readonly revocations: Revocations;
}

/** What a timeline has where the room keeps its messages. */
class Kept implements KeptOptions {
  readonly history: History;
  /** How long (ms) it outlives the room's last member. */
  readonly ttl: number;
  /** How many of the last messages anybody may read who joins. */
  readonly newcomers: number;
  readonly revocations: Revocations;
  access: HistoryAccess | undefined;
  readers = 0;
  held: Message[] | undefined;

  constructor({ history, ttl, newcomers, revocations }: KeptOptions) {
    this.history = history;
    this.ttl = ttl;
    this.newcomers = newcomers;
    this.revocations = revocations;
  }
}

/**
 * A room's position, and its history if it keeps one. The only place that knows where positions come from.
 *
 * Messages that arrive while the history is being read are held: a history that answers later would never
 * catch up with a busy room. Every room has a timeline, so one without history is small.
 */
export class Timeline {
  readonly #kept: Kept | undefined;
  readonly #epoch = newEpoch();
  #seq = 0;

  /** Without arguments it keeps the position alone. */
  constructor(kept?: KeptOptions) {
    this.#kept = kept && new Kept(kept);
  }

  /** The number of the last message. */
  get seq(): number {
    return this.#kept === undefined ? this.#seq : this.#kept.history.position.seq;
  }

  /** Which run of the counter `seq` belongs to. */
  get epoch(): string {
    return this.#kept === undefined ? epochText(this.#epoch) : this.#kept.history.position.epoch;
  }

  /** A copy of the position. */
  get position(): Position {
    return { epoch: this.epoch, seq: this.seq };
  }

  /** The history, where there is one. */
  get history(): History | undefined {
    return this.#kept?.history;
  }

  /** How long (ms) the timeline outlives the room's last member, where there is a history. */
  get ttl(): number | undefined {
    return this.#kept?.ttl;
  }

  /** The position after which a user, or anybody, is shown the last `count` messages, as far as that is allowed. */
  startFor(userId: string | undefined, count: number): number {
    const { seq } = this;
    const kept = this.#kept;
    if (kept === undefined) return seq;
    const since = userId === undefined ? undefined : kept.access?.since(userId);
    const asMember = Math.max(since ?? seq, seq - count);
    return Math.max(0, Math.min(asMember, seq - Math.min(count, kept.newcomers)));
  }

  /** A user joins: from a position on they may read the history, or from where they might already. */
  grantAccess(userId: string, seq = this.seq): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    kept.access ??= new HistoryAccess(kept.revocations);
    kept.access.grant(userId, seq);
  }

  /** A user is no member any more, and may come back to read on. Nothing where the access has ended. */
  away(userId: string): void {
    this.#kept?.access?.away(userId);
  }

  /** A user leaves by decision, and may not read the messages that follow. */
  endAccess(userId: string): void {
    this.#kept?.access?.end(userId);
  }

  /** The access of all who were revoked in all rooms ends here, too. */
  endRevoked(): void {
    this.#kept?.access?.catchUp();
  }

  /** Whether a user may read the messages after a position. */
  allows(userId: string, seq: number): boolean {
    const since = this.#kept?.access?.since(userId);
    return since !== undefined && seq >= since;
  }

  /** Takes the room's next message, whose `seq` is one more than the last. */
  append(message: Message): void {
    const kept = this.#kept;
    if (kept === undefined) {
      this.#seq++;
      return;
    }
    kept.history.append(message);
    if (kept.readers === 0) return;
    kept.held ??= [];
    kept.held.push(message);
    if (kept.held.length > MAX_HELD) kept.held.shift();
  }

  /** A reader begins: from now on messages are held, until all readers have called {@link release}. */
  hold(): void {
    if (this.#kept !== undefined) this.#kept.readers++;
  }

  /** A reader is done. */
  release(): void {
    if (this.#kept === undefined) return;
    this.#kept.readers--;
    if (this.#kept.readers === 0) this.#kept.held = undefined;
  }

  /** The messages after a position, at most `limit`: from those held if they reach back, else from history. */
  since(seq: number, limit: number): Replay | Promise<Replay> {
    const kept = this.#kept;
    if (kept === undefined) return this.nothing();
    const from = seq + 1;
    if (seq >= this.seq) return { from, to: seq, batch: NO_MESSAGES };
    const { held } = kept;
    const first = held?.[0];
    if (held === undefined || first === undefined || from < first.seq) {
      return kept.history.since(seq, limit);
    }
    const messages = held.slice(from - first.seq, from - first.seq + limit);
    return { from, to: seq + messages.length, batch: Batch.of(messages) };
  }

  /** What can be read where the history fails: no messages, from the first one that is held on. */
  nothing(): Replay {
    const from = this.#kept?.held?.[0]?.seq ?? this.seq + 1;
    return { from, to: from - 1, batch: NO_MESSAGES };
  }
}

const NO_MESSAGES = new Batch();
