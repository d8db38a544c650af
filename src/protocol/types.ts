/**
 * Who a connection belongs to. One user may have many clients: tabs, devices.
 *
 * @category Protocol
 */
export interface User {
  /** Unique and stable per user. Seen by everyone who shares a room with the user. */
  readonly id: string;
  /** What others are shown. */
  readonly name: string;
}

/**
 * One message on the wire: a JSON object in one text frame. `docs/protocol.md` has the whole table.
 *
 * @category Protocol
 */
export interface Envelope {
  /** What kind of message it is; applications add types of their own. */
  readonly type: string;
  /** The room it concerns. */
  readonly room?: string | undefined;
  /** Any JSON value. */
  readonly payload?: unknown;
  /** Chosen by the client; the answer to the message carries it again. */
  readonly id?: string | undefined;
  /** Set by the server alone. */
  readonly sender?: User | undefined;
  /** Set by the server alone: ISO 8601, UTC. */
  readonly timestamp?: string | undefined;
  /** Set by the server alone: the room's counter, so that anyone can see a gap. */
  readonly seq?: number | undefined;
  /** Set by the server alone, where it says a position: which run of the counter `seq` belongs to. */
  readonly epoch?: string | undefined;
}

/**
 * A place in what was said in a room. Positions of different epochs cannot be compared.
 *
 * @category Protocol
 */
export interface Position {
  /** Random; a new one whenever the counter starts over. */
  readonly epoch: string;
  /** The number of the last message. */
  readonly seq: number;
}

/**
 * Where and when a message was placed. `epoch` and `seq` can be kept, and used as `since` later.
 *
 * @category Protocol
 */
export interface Stamp {
  /** The epoch of its position; undefined where it has none. */
  readonly epoch: string | undefined;
  /** The number of its position in the room; 0 where it has none. */
  readonly seq: number;
  /** ISO 8601, UTC, by the server's clock. */
  readonly timestamp: string;
}

/**
 * When a silent peer is pinged, and when it is given up: the same on both ends.
 *
 * @category Options
 */
export interface HeartbeatOptions {
  /** Silence (ms) after which the peer is pinged. Default 25000. */
  readonly interval?: number | undefined;
  /** How long (ms) an unanswered ping may take before the connection is cut. Default 20000. */
  readonly timeout?: number | undefined;
}

/**
 * A user in a room, as the others are shown.
 *
 * @category Protocol
 */
export interface Member extends User {
  /** The user's last connection broke, and the user has not reconnected yet. */
  readonly reconnecting?: true | undefined;
  /** What `client.setPresence` said last; any JSON value. */
  readonly state?: unknown;
}

/**
 * Why a user left a room.
 *
 * @category Protocol
 */
export type LeaveReason =
  /** By a message, by closing the connection with 1000 or without a code, or by `client.leave()`. */
  | "left"
  /** The connection broke, and the user did not reconnect in time. */
  | "timeout"
  /** By `hub.revoke()`. */
  | "kicked"
  /** The server closed the connection for good. */
  | "closed";

/**
 * The payload of `room_info` and of the answer to `online_users`.
 *
 * @category Protocol
 */
export interface RoomInfo {
  /** The name of the room. */
  readonly room_id: string;
  /** The members, in the order in which they joined. Absent where the room does not say. */
  readonly users?: readonly Member[] | undefined;
  /** How many members. Absent where the room does not say. */
  readonly count?: number | undefined;
  /** Most bytes of a message that the server takes; in `room_info` alone. */
  readonly max?: number | undefined;
  /** In answer to a join with `since`: whether what was missed follows. */
  readonly recovered?: boolean | undefined;
}

/**
 * The payload of `error`.
 *
 * @category Protocol
 */
export interface ErrorPayload {
  /** One of the stable codes in `ErrorCode`, or an application's own. */
  readonly code: string;
  /** A sentence for the developer who reads it. */
  readonly message: string;
}
