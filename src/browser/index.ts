/**
 * The other end of the wire: {@link connect} to a roomcast server from a page, or from any program that
 * has a WebSocket, and stay connected.
 *
 * @module roomcast/browser
 */
export type { Envelope, Member, User } from "../protocol/types.js";
export type { AbortSignalLike } from "./abort.js";
export type { BackoffOptions } from "./backoff.js";
export { Connection, type ConnectionEvents, connect } from "./connection.js";
export type { Unsubscribe } from "./emitter.js";
export { ConnectionError, type ConnectionErrorCode } from "./errors.js";
export type { LivenessOptions, Status, WebSocketLike } from "./line.js";
export type { ConnectOptions } from "./options.js";
export type { Gap } from "./position.js";
export type { QueueOptions, RequestOptions } from "./requests.js";
export { Room, type RoomEvents, type Sent } from "./room.js";
export type { Timers } from "./timers.js";
