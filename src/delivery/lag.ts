import { Message } from "./message.js";

/** Where a client that is behind stands in one room. */
export interface Cursor {
  /** The position of the last message that it was sent. */
  seq: number;
  /** Later positions that it is not sent: it was left out of those messages. */
  readonly skips: Set<number>;
  /** Whether the room's history is being read for it. */
  isReading: boolean;
}

/** Most keys of `{ latest }` messages kept per client; the least recently used one goes first. */
const MAX_KEYS = 1_000;

/** Most messages of one room that a client may be left out of while it is behind. */
const MAX_SKIPS = 10_000;

/**
 * What a client is behind with: it is too slow for the moment, or is being caught up. Meanwhile room messages
 * are not queued for it; its position in each room is kept instead.
 */
export class Lag {
  /** Whether the network takes nothing: then only what must be queued is queued. */
  isSlow = false;
  /** Whether too much waits, or has waited since it was last live: it counts as lagging. */
  isLagging = false;
  /** Whether the client was reported as lagging. */
  isReported = false;
  /** Whether more waits than may ever wait. */
  isOverflowing = false;
  /** Byte limit while slow. */
  limit = 0;
  /** Bytes left before the socket must be asked again. */
  remaining = 0;
  /** Bytes queued in this turn that are not written yet. */
  queued = 0;
  /** By name of the room. */
  readonly cursors = new Map<string, Cursor>();
  /** Rooms in which presence messages were left out. */
  readonly stale = new Set<string>();
  /** The newest message per room and key, which are written as JSON; the one that was replaced last is last. */
  readonly latest = new Map<string, Message>();
  /**
   * When it became slow, in milliseconds of the monotonic clock, without the time since in which this process
   * stood still. Kept by CatchUp, as all that follows.
   */
  since = 0;
  /** Messages that were caught up from history. */
  replayed = 0;
  /** Messages that no history had any more. */
  missed = 0;
  /** The timer of the next look at it. */
  timer: unknown;

  /** The network takes nothing: `waiting` bytes wait, and `extra` bytes more may be queued. */
  slow(waiting: number, extra: number): void {
    if (this.isSlow) return;
    this.isSlow = true;
    this.isLagging = true;
    this.limit = waiting + extra;
    this.remaining = extra;
  }

  /**
   * Whether more would wait than ever may, with `length` bytes after `queued` ones. The socket is asked when that
   * is possible.
   */
  isOver(length: number, socket: { readonly bufferedAmount: number }, queued: number): boolean {
    if (length > this.remaining) this.remaining = this.limit - socket.bufferedAmount - queued;
    this.remaining -= length;
    return this.remaining < 0;
  }

  /** What happens to a message that is about to be queued. */
  filter(message: Message): "pass" | "hold" | "drop" | "overflow" {
    const { policy } = message;
    if (policy === "queue") return "pass";
    if (policy === "replay" || policy === "skip") {
      if (!this.isSlow && !this.cursors.has(message.room)) return "pass";
      const { skips } = this.cursor(message.room, message.seq - 1);
      if (policy === "skip") skips.add(message.seq);
      return skips.size <= MAX_SKIPS ? "hold" : "overflow";
    }
    if (!this.isSlow) return "pass";
    if (policy === "drop") return "drop";
    if (policy === "resync") {
      this.stale.add(message.room);
      return "hold";
    }
    // Both may hold any character, so no character can part them.
    return this.#replace(JSON.stringify([message.room, policy.latest]), message);
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

  /** The client left a room that is at `seq`. Returns how many of its messages the client will not get. */
  forget(room: string, seq: number): number {
    const cursor = this.cursors.get(room);
    this.cursors.delete(room);
    this.stale.delete(room);
    for (const [key, message] of this.latest) if (message.room === room) this.latest.delete(key);
    return cursor === undefined ? 0 : seq - cursor.seq - cursor.skips.size;
  }

  #replace(key: string, message: Message): "hold" | "drop" {
    this.latest.delete(key);
    this.latest.set(key, message);
    if (this.latest.size <= MAX_KEYS) return "hold";
    for (const oldest of this.latest.keys()) {
      this.latest.delete(oldest);
      break;
    }
    return "drop";
  }
}

/** Tells a client that it was left out of a message. */
export function skipped(room: string, seq: number): Message {
  return new Message({ type: "skipped", room, seq }, "skip");
}
