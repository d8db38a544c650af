import { Message } from "./message.js";

/** Where a client that is behind stands in one room. */
export interface Cursor {
  /** The position of the last message that it was sent. */
  seq: number;
  /** Positions beyond that which it is not to be sent: it was left out of them. */
  readonly skips: Set<number>;
  /** Whether its history is being read. */
  isReading: boolean;
}

/** Of this many keys the newest message is kept; of more, those that were heard of last. */
const MAX_KEYS = 1_000;

/** A client may be left out of so many messages of one room while it is behind. */
const MAX_SKIPS = 10_000;

/**
 * What a client is behind with: it is too slow for the moment, or is being caught up. Room messages are
 * not queued for it meanwhile; what is kept is where it stands in each room.
 */
export class Lag {
  /** Whether the network takes nothing: then nothing is queued that has no need to be. */
  isSlow = false;
  /** When it began to be slow, in the clock's milliseconds. */
  since = 0;
  /** By name of the room. */
  readonly cursors = new Map<string, Cursor>();
  /** Rooms in which comings and goings were left out. */
  readonly stale = new Set<string>();
  /** The newest message per room and key. */
  readonly latest = new Map<string, Message>();
  /** Messages that were caught up from history. */
  replayed = 0;
  /** Messages that no history had any more. */
  missed = 0;
  /** Whether the `lag` event has been emitted. */
  isTold = false;
  /** So many bytes may wait, */
  ceiling = 0;
  /** and so many more may be queued without a look at how many do. */
  allowance = 0;
  /** Whether more waits than ever may. */
  isOverfull = false;
  /** Bytes of what was missed that are queued. */
  replaying = 0;
  /** What looks after it from time to time. */
  timer: unknown;

  /** The network takes nothing: `waiting` bytes wait, and of what must be queued `extra` more may. */
  slow(waiting: number, extra: number): void {
    if (this.isSlow) return;
    this.isSlow = true;
    this.ceiling = waiting + extra;
    this.allowance = extra;
  }

  /** Says what becomes of a message that was about to be queued. */
  judge(message: Message): "passes" | "withheld" | "dropped" | "too much" {
    const { fate } = message;
    if (fate === "queue") return "passes";
    if (fate === "lasting" || fate === "skipped") {
      if (!this.isSlow && !this.cursors.has(message.room)) return "passes";
      const { skips } = this.cursor(message.room, message.seq - 1);
      if (fate === "skipped") skips.add(message.seq);
      return skips.size <= MAX_SKIPS ? "withheld" : "too much";
    }
    if (!this.isSlow) return "passes";
    if (fate === "drop") return "dropped";
    if (fate === "presence") {
      this.stale.add(message.room);
      return "withheld";
    }
    return this.#replace(`${message.room}\n${fate.latest}`, message);
  }

  /** The cursor in a room; a new one stands at `seq`. */
  cursor(room: string, seq: number): Cursor {
    let cursor = this.cursors.get(room);
    if (cursor === undefined) {
      cursor = { seq, skips: new Set(), isReading: false };
      this.cursors.set(room, cursor);
    }
    return cursor;
  }

  /** The client left a room, which is at `seq`. Returns how many messages of it the client will not get. */
  leave(room: string, seq: number): number {
    const cursor = this.cursors.get(room);
    this.cursors.delete(room);
    this.stale.delete(room);
    for (const [key, message] of this.latest) if (message.room === room) this.latest.delete(key);
    return cursor === undefined ? 0 : seq - cursor.seq - cursor.skips.size;
  }

  #replace(key: string, message: Message): "withheld" | "dropped" {
    this.latest.delete(key);
    this.latest.set(key, message);
    if (this.latest.size <= MAX_KEYS) return "withheld";
    for (const oldest of this.latest.keys()) {
      this.latest.delete(oldest);
      break;
    }
    return "dropped";
  }
}

/** Tells a client that it was left out of a message. */
export function skipped(room: string, seq: number): Message {
  return new Message({ type: "skipped", room, seq }, "skipped");
}
