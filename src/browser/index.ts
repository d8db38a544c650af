/**
 * The other end of the wire: {@link connect} to a roomcast server from a page, or from any program
 * that has a WebSocket, and stay connected.
 *
 * @module roomcast/browser
 */
export type { Envelope, HeartbeatOptions, Member, Stamp, User } from "../protocol/types.js";
export type { AbortSignalLike } from "./abort.js";
export type { BackoffOptions } from "./backoff.js";
export { Connection, type ConnectionEvents, connect } from "./connection.js";
export type { Gap } from "./cursor.js";
export type { Unsubscribe } from "./emitter.js";
export { ConnectionError, type ConnectionErrorCode } from "./errors.js";
export type { ConnectOptions } from "./options.js";
export type { ConnectionRequestOptions, QueueOptions } from "./pending-requests.js";
export { ConnectionRoom, type JoinOptions, type RoomEvents } from "./room.js";
export type { ConnectionStatus } from "./status.js";
export type { Timers } from "./timers.js";
export type { WebSocketLike } from "./web-socket.js";
