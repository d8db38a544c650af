/**
 * The other end of the wire: {@link connect} to a roomcast server from a page, or from any program that
 * has a WebSocket, and stay connected.
 *
 * @module roomcast/browser
 */
export type { Envelope, User } from "../protocol/types.js";
export type { BackoffOptions } from "./backoff.js";
export { Connection, type ConnectionEvents, type ConnectOptions, connect } from "./connection.js";
export type { Unsubscribe } from "./emitter.js";
export { ConnectionError, type ConnectionErrorCode } from "./errors.js";
export type { LivenessOptions, Status, WebSocketLike } from "./line.js";
export type { AbortSignalLike, QueueOptions, RequestOptions } from "./requests.js";
export { Room, type RoomEvents, type Sent } from "./room.js";
export type { Timers } from "./timers.js";
