/** Who a connection belongs to. One user may have many clients: tabs, devices. */
export interface User {
  /** Unique and stable per user. Seen by everyone who shares a room with the user. */
  readonly id: string;
  /** What others are shown. */
  readonly name: string;
}

/** One message on the wire: a JSON object in one text frame. `docs/protocol.md` has the whole table. */
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
}

/** The payload of `room_info` and of the answer to `online_users`. */
export interface RoomInfo {
  /** The name of the room. */
  readonly room_id: string;
  /** Distinct users, in the order in which they joined. */
  readonly users: readonly User[];
  /** How many users. */
  readonly count: number;
}

/** The payload of `error`. */
export interface ErrorPayload {
  /** One of the stable codes in `ErrorCode`, or an application's own. */
  readonly code: string;
  /** A sentence for the developer who reads it. */
  readonly message: string;
}
