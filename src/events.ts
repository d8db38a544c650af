import type { EventEmitter } from "eventemitter3";
import type { Client } from "./client.js";
import type { Incoming } from "./inbound/incoming.js";
import type { Settings } from "./options.js";
import { RoomcastError } from "./protocol/errors.js";
import type { LeaveReason, User } from "./protocol/types.js";
import type { Room } from "./room.js";
import type { Handshake } from "./transport/handshake.js";
import { Emitter } from "./util/emitter.js";

/** What a hub emits. Listeners run at once, when what they tell of has happened. */
export interface HubEvents<U extends User = User, D = Record<string, unknown>> {
  /** A connection was accepted. */
  connect: (event: { client: Client<U, D>; handshake: Handshake | undefined }) => void;
  /** A connection is gone; its `leave` events came before. 1006 where the line was cut. */
  disconnect: (event: { client: Client<U, D>; code: number; reason: string }) => void;
  /** A client joined a room. It has been sent `room_info`. */
  join: (event: { client: Client<U, D>; room: Room<U, D> }) => void;
  /** A client left a room, by its own wish or because it is gone. */
  leave: (event: { client: Client<U, D>; room: Room<U, D>; reason: LeaveReason }) => void;
  /** A message of a known type arrived; its handler runs next. */
  message: (event: { client: Client<U, D>; message: Incoming<U, D> }) => void;
  /**
   * A client does not take what is sent to it, and lags: room messages wait in history from now on. Emitted
   * at the end of the turn in which that was seen.
   */
  lag: (event: { client: Client<U, D> }) => void;
  /**
   * A client that lagged is live again: it was sent `replayed` messages from history, and told of `missed`
   * ones that it will not get.
   */
  recovered: (event: { client: Client<U, D>; replayed: number; missed: number }) => void;
  /** In the turn that ends it was found that a client will not get `count` messages. */
  drop: (event: { client: Client<U, D>; count: number }) => void;
  /** Something failed. `client` is whose it was, if it was anybody's. */
  error: (event: { error: RoomcastError; client: Client<U, D> | undefined }) => void;
  /** An upgrade was refused with an HTTP status; `cause` is what `authenticate` threw, if it did. */
  refused: (event: { handshake: Handshake; status: number; cause: unknown }) => void;
  /** A room got its first client. */
  roomCreated: (event: { room: Room<U, D> }) => void;
  /** A room lost its last client, and nobody is waited for. */
  roomRemoved: (event: { room: Room<U, D> }) => void;
}

/** The event emitter beneath a hub: a listener that throws or rejects is reported and harms nobody. */
export abstract class HubEmitter<U extends User, D> extends Emitter<HubEvents<U, D>> {
  /** The options, with defaults. @internal */
  abstract readonly settings: Settings<U, D>;

  constructor() {
    super((event, cause) => {
      const text = `A listener of "${String(event)}" failed.`;
      const error = new RoomcastError("LISTENER_FAILED", text, { cause });
      // Listeners of "error" that fail are not asked again.
      if (event === "error") this.settings.logger.error(error);
      else this.report(error, undefined);
    });
  }

  /** Emits an event, whatever its listeners do. @internal */
  notify<E extends keyof HubEvents<U, D>>(
    event: E,
    argument: Parameters<HubEvents<U, D>[E]>[0],
  ): void {
    this.#emit(event, argument);
  }

  /** Tells of an error: its listeners, and where there are none the logger. @internal */
  report(error: RoomcastError, client: Client<U, D> | undefined): void {
    const { logger } = this.settings;
    if (this.#emit("error", { error, client })) return;
    // Strangers can make transports fail at will; that must not fill anybody's log.
    if (error.code === "SOCKET_FAILED") logger.debug(error);
    else logger.error(error);
  }

  /** Says whether anybody listened. The emitter's own types cannot follow a generic event. */
  #emit(event: keyof HubEvents<U, D>, argument: unknown): boolean {
    return (this as unknown as EventEmitter<string>).emit(event, argument);
  }
}
