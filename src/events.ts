import type { Client } from "./client.js";
import type { Incoming } from "./inbound/incoming.js";
import type { RoomcastError } from "./protocol/errors.js";
import type { LeaveReason, User } from "./protocol/types.js";
import type { Room } from "./room.js";
import type { Handshake } from "./transport/handshake.js";

/**
 * The events of a hub. Listeners run at once, when what they tell of has happened, on this node. What a listener
 * causes is emitted when the other listeners have run: each hears of everything in the order in which it
 * happened, and what an event tells of may have changed again by then.
 *
 * @category Events, errors and statistics
 */
export interface HubEvents<U extends User = User, D = Record<string, unknown>> {
  /** A connection was accepted. */
  connect: (event: { client: Client<U, D>; handshake: Handshake | undefined }) => void;
  /** A connection is gone; its `leave` events came before. The code is 1006 if it was cut. */
  disconnect: (event: { client: Client<U, D>; code: number; reason: string }) => void;
  /** A client joined a room. It has been sent `room_info`. */
  join: (event: { client: Client<U, D>; room: Room<U, D> }) => void;
  /** A client left a room, by its own wish, by the server's, or because it is gone. */
  leave: (event: { client: Client<U, D>; room: Room<U, D>; reason: LeaveReason }) => void;
  /** A user became a member of a room, with `client` as the first connection there. Comes after its `join`. */
  memberJoined: (event: { user: U; room: Room<U, D>; client: Client<U, D> }) => void;
  /**
   * A user is no member of a room any more: at once, after the last `leave`, where the user left or was taken
   * out, and after `grace` where the connection broke. Not emitted for a user who returns in time, or when the
   * hub closes. `user` is that of the last connection there.
   */
  memberLeft: (event: { user: U; room: Room<U, D>; reason: LeaveReason }) => void;
  /** A message of a known type arrived; its handler runs next. */
  message: (event: { client: Client<U, D>; message: Incoming<U, D> }) => void;
  /**
   * A client does not read fast enough, and lags: from now on room messages wait in history for it. Emitted
   * at the end of the turn in which that was seen.
   */
  lag: (event: { client: Client<U, D> }) => void;
  /**
   * A client that lagged is live again: it was sent `replayed` messages from history, and was told of a gap
   * for each of `missed` messages that it will not get.
   */
  recovered: (event: { client: Client<U, D>; replayed: number; missed: number }) => void;
  /** A client will not get `count` messages, as was found in the turn that ends. */
  drop: (event: { client: Client<U, D>; count: number }) => void;
  /** Something failed. `client` is the one concerned, if any. */
  error: (event: { error: RoomcastError; client: Client<U, D> | undefined }) => void;
  /** An upgrade was refused with an HTTP status; `cause` is what `authenticate` or `origins` threw, if one did. */
  refused: (event: { handshake: Handshake; status: number; cause: unknown }) => void;
  /** A room got its first client. */
  roomCreated: (event: { room: Room<U, D> }) => void;
  /** A room lost its last client, and has no absent member who may reconnect. */
  roomRemoved: (event: { room: Room<U, D> }) => void;
}

/** The events of any application: what the parts of a hub emit. */
// biome-ignore lint/suspicious/noExplicitAny: the parts never look at an application's own types.
export type AnyEvents = HubEvents<any, any>;
