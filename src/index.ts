/**
 * Rooms for the socket server you already have: make a {@link Hub}, hand it sockets through an
 * adapter such as `roomcast/ws`, and it has rooms, presence, acks and limits.
 *
 * @module roomcast
 */
export {
  Client,
  type Receipt,
  type Receipts,
  type RequestOptions,
  type SendOptions,
} from "./client.js";
export type { HubStats } from "./context.js";
export type { Batch } from "./delivery/batch.js";
export type { LagPolicy } from "./delivery/lag-policy.js";
export type { Message } from "./delivery/message.js";
export type { HubEvents } from "./events.js";
export type {
  History,
  HistoryLimits,
  HistoryOptions,
  HistoryStore,
  Replay,
} from "./history/history.js";
export { MemoryHistory, type MemoryHistoryOptions } from "./history/memory-history.js";
export { Hub } from "./hub.js";
export type { Handler } from "./inbound/dispatcher.js";
export type { Incoming } from "./inbound/incoming.js";
export type { RateLimit } from "./inbound/rate-limit.js";
export type { HubLimits, HubOptions } from "./options.js";
export { CloseCode } from "./protocol/close-codes.js";
export {
  ERROR_CODES,
  type ErrorCode,
  type LocalErrorCode,
  RoomcastError,
} from "./protocol/errors.js";
export type {
  Envelope,
  ErrorPayload,
  HeartbeatOptions,
  LeaveReason,
  Member,
  Position,
  RoomInfo,
  Stamp,
  User,
} from "./protocol/types.js";
export { type BroadcastOptions, Room } from "./room.js";
export type { AuthorizedAction } from "./rooms/authorization.js";
export type { PresenceOptions, PresenceVisibility } from "./rooms/visibility.js";
export type { CloseOptions } from "./shutdown.js";
export type { Admission, Refusal } from "./transport/admission.js";
export type { AcceptOptions, Handshake, PeerSignal } from "./transport/handshake.js";
export type { Origins } from "./transport/origins.js";
export type { Place } from "./transport/places.js";
export type { Receiver, Socket } from "./transport/socket.js";
export {
  type HubRuntime,
  UpgradeGuard,
  type UpgradeHost,
  type UpgradeOptions,
} from "./transport/upgrade-guard.js";
export { UserHandle } from "./user.js";
export type { Clock } from "./util/clock.js";
export type { Logger } from "./util/logger.js";
