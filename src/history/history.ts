import type { Batch } from "../delivery/batch.js";
import type { Message } from "../delivery/message.js";
import type { Position } from "../protocol/types.js";
import { checkCount, checkNames, checkPositive, invalid } from "../util/checks.js";

/**
 * How much of a room's messages is kept.
 *
 * @category Options
 */
export interface HistoryOptions {
  /** Most messages. Default 100. */
  readonly messages?: number;
  /** Most bytes of messages, as sent over the wire. Default 262144 (256 KiB). */
  readonly bytes?: number;
  /** How long (ms) a message is kept, and a room outlives its last member. Default 300000. */
  readonly ttl?: number;
  /**
   * How many of the last messages a user may read who asks for them when joining, and who could not read them
   * before. Then `authorize` alone decides who reads them. Default 0.
   */
  readonly newcomers?: number;
}

/**
 * How much is kept, with every default filled in.
 *
 * @category History
 */
export type HistoryLimits = Required<Omit<HistoryOptions, "newcomers">>;

/** The history options of one room, with every default filled in. */
export type HistorySettings = Required<HistoryOptions>;

/**
 * Messages of a room, one after the other.
 *
 * @category History
 */
export interface Replay {
  /** The position of the first one. If it is later than the one asked for, those between are lost. */
  readonly from: number;
  /** The position of the last one; `from - 1` where there are none. */
  readonly to: number;
  /** The messages. */
  readonly batch: Batch;
}

/**
 * The messages of one room that are kept, and the room's position.
 *
 * @category History
 */
export interface History {
  /** The position of the room's last message. */
  readonly position: Position;
  /** Takes the room's next message, whose `seq` is one more than the position's. MUST NOT throw. */
  append(message: Message): void;
  /**
   * At most `limit` messages from `seq + 1` on, or from the first one on that is still there. May be
   * asynchronous: messages that arrive meanwhile are held and follow. Throwing or rejecting means that
   * nothing is there.
   */
  since(seq: number, limit: number): Replay | Promise<Replay>;
}

/**
 * Where histories are kept: in memory, or somewhere that outlives the process.
 *
 * @category History
 */
export interface HistoryStore {
  /** The history of a room that comes to life. Called once until `close` is. MUST NOT throw. */
  open(roomId: string, limits: HistoryLimits): History;
  /** The room is gone, and its history is not needed again. MUST NOT throw. */
  close(roomId: string, history: History): void;
}

/** Fills in the defaults. Throws `INVALID_OPTION` with the option's name and the value. */
export function readHistoryOptions(given: HistoryOptions | false): HistorySettings | false {
  if (given === false) return false;
  if (typeof given !== "object" || given === null) {
    throw invalid("history", given, "an object or false");
  }
  const { messages = 100, bytes = 262_144, ttl = 300_000, newcomers = 0 } = given;
  checkNames(given, ["messages", "bytes", "ttl", "newcomers"]);
  checkCount("history.messages", messages);
  checkCount("history.bytes", bytes);
  checkPositive("history.ttl", ttl);
  checkCount("history.newcomers", newcomers, 0);
  return { messages, bytes, ttl, newcomers };
}
