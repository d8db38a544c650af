import type { Batch } from "../delivery/batch.js";
import type { Message } from "../delivery/message.js";
import type { Position } from "../protocol/types.js";
import type { Attendance } from "./access.js";

/** How much of what is said in a room is kept. */
export interface HistoryOptions {
  /** At most so many messages. Default 100. */
  readonly messages?: number;
  /** At most so many bytes of messages, as they go over the wire. Default 262144 (256 KiB). */
  readonly bytes?: number;
  /** Milliseconds that a message is kept, and that a room outlives its last member. Default 300000. */
  readonly ttl?: number;
}

/** How much is kept, with every default filled in. */
export type HistoryLimits = Required<HistoryOptions>;

/** Messages of a room, one after the other. */
export interface Replay {
  /** The position of the first one. Beyond the one that was asked for, what is between is lost. */
  readonly from: number;
  /** The position of the last one; `from - 1` where there are none. */
  readonly to: number;
  /** The messages. */
  readonly batch: Batch;
}

/** What was said in one room, and how far it has got. */
export interface History {
  /** How far the room has got. */
  readonly position: Position;
  /** Takes the room's next message, whose `seq` is one more than the position's. MUST NOT throw. */
  append(message: Message): void;
  /**
   * At most `limit` messages from `seq + 1` on, or from the first one on that is still there. May be
   * asynchronous: what is said meanwhile is held and follows. Throwing or rejecting means that nothing
   * is there.
   */
  since(seq: number, limit: number): Replay | Promise<Replay>;
}

/** What was said in a room, as those see it who missed some of it. */
export interface Past {
  /** How far the room has got. */
  readonly position: Position;
  /** Who may be shown it; undefined where nothing is kept. */
  readonly attendance?: Attendance;
  /** Milliseconds that it outlives the room's last member, where something is kept. */
  readonly ttl?: number;
  /** What keeps it, if anything does. */
  readonly history?: History;
  /** Takes the room's next message. */
  append(message: Message): void;
  /** What came after a position: at most `limit` messages. */
  since(seq: number, limit: number): Replay | Promise<Replay>;
  /** What there is where history cannot be read. */
  nothing(): Replay;
  /** Somebody reads: from now on, what is said is held, until all readers have let go. */
  hold(): void;
  /** A reader is done. */
  release(): void;
}

/** Where histories come from: memory, or something that outlives the process. */
export interface HistoryStore {
  /** The history of a room that comes to life. Called once until `close` is. MUST NOT throw. */
  open(roomId: string, limits: HistoryLimits): History;
  /** The room is no more, and its history is not needed again. MUST NOT throw. */
  close(roomId: string, history: History): void;
}
