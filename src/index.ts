/**
 * Rooms for the socket server you already have: make a {@link Hub}, hand it sockets through an
 * adapter such as `roomcast/ws`, and it has rooms, presence, acks and limits.
 *
 * @module roomcast
 */
export { Client, type SendOptions } from "./client.js";
export type { Clock } from "./clock.js";
export type { CloseOptions } from "./closing.js";
export type { Batch } from "./delivery/batch.js";
export type { Message } from "./delivery/message.js";
export type { Handler } from "./dispatcher.js";
export type { Action } from "./door.js";
export type { HubEvents } from "./events.js";
export type { GateOptions } from "./gate.js";
export type { Handshake, Origins } from "./handshake.js";
export type {
  History,
  HistoryLimits,
  HistoryOptions,
  HistoryStore,
  Replay,
} from "./history/history.js";
export { MemoryHistory, type MemoryHistoryOptions } from "./history/memory.js";
export { type AcceptOptions, Hub, type HubStats } from "./hub.js";
export type { Incoming } from "./incoming.js";
export type { RateLimit } from "./limits/rate.js";
export type { Logger } from "./logger.js";
export type { HeartbeatOptions, HubOptions } from "./options.js";
export type { Policy } from "./policy.js";
export type { PresenceOptions, Shown } from "./presence.js";
export { CloseCode } from "./protocol/close-codes.js";
export { type ErrorCode, type LocalErrorCode, RoomcastError } from "./protocol/errors.js";
export type {
  Envelope,
  ErrorPayload,
  LeaveReason,
  Member,
  Position,
  RoomInfo,
  User,
} from "./protocol/types.js";
export type { Receipt, Receipts } from "./receipts.js";
export type { RequestOptions } from "./requests.js";
export { type BroadcastOptions, Room, type RoomBroadcastOptions, type Stamp } from "./room.js";
export type { Receiver, Socket } from "./socket.js";
export { UserHandle } from "./user.js";
