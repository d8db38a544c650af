import { registerChat } from "./chat.js";
import { Client } from "./client.js";
import { deliver } from "./delivery/deliver.js";
import { Message } from "./delivery/message.js";
import { Turn } from "./delivery/turn.js";
import { Dispatcher, type Handler } from "./dispatcher.js";
import { HubEmitter } from "./events.js";
import type { Handshake } from "./handshake.js";
import { Heartbeat } from "./heartbeat.js";
import { Inbox } from "./inbox.js";
import {
  checkCloseCode,
  checkPositive,
  type HubOptions,
  invalid,
  readOptions,
  type Settings,
} from "./options.js";
import { CloseCode } from "./protocol/close-codes.js";
import { assertRoomId, isName, NAME_RULE } from "./protocol/envelope.js";
import { RoomcastError } from "./protocol/errors.js";
import type { User } from "./protocol/types.js";
import { type BroadcastOptions, Room } from "./room.js";
import type { Receiver, Socket } from "./socket.js";
import { Typing } from "./typing.js";
import { UserHandle } from "./user.js";
import { Users } from "./users.js";

/** What is known of a connection when it is accepted. */
export interface AcceptOptions<U extends User = User> {
  /** Who it belongs to. Without it, a guest of its own. */
  readonly user?: U | undefined;
  /** The upgrade request, for the `connect` event. */
  readonly handshake?: Handshake | undefined;
}

/** How to close a hub. */
export interface CloseOptions {
  /** Default 1001, "going away". */
  readonly code?: number;
  /** Default "The server is going away." */
  readonly reason?: string;
  /** Milliseconds for the closing handshakes; who is not done by then is cut off. Default 5000. */
  readonly timeout?: number;
}

/** What a hub has counted since it was made. */
export interface HubStats {
  /** Connections now. */
  readonly clients: number;
  /** Users online now. */
  readonly users: number;
  /** Rooms that somebody is in now. */
  readonly rooms: number;
  /** Messages that came from clients. */
  readonly received: number;
  /** Messages handed to clients' sockets. */
  readonly delivered: number;
  /** Messages that were not queued because their client was slow. */
  readonly dropped: number;
}

/**
 * The registry of all clients and rooms, and the door that they come in by.
 *
 * @typeParam U - The application's user: `id` and `name`, and whatever else authentication knows.
 * @typeParam D - What the application keeps per connection, in `client.data`.
 *
 * @example
 * ```ts
 * const hub = new Hub();
 * attach(hub, new WebSocketServer({ server }), { authenticate: ({ token }) => verify(token) });
 * hub.handle("draw", (client, message) => {
 *   message.room.broadcast("drawn", message.payload, { except: client });
 * });
 * ```
 */
export class Hub<U extends User = User, D = Record<string, unknown>> extends HubEmitter<U, D> {
  /** The options, with defaults. @internal */
  readonly settings: Settings;
  /** Messages that came from clients. @internal */
  received = 0;
  /** @internal */
  readonly typing: Typing<U, D>;
  /** Whose connections are whose. @internal */
  readonly users = new Users<U, D>();
  readonly #clients = new Set<Client<U, D>>();
  readonly #rooms = new Map<string, Room<U, D>>();
  readonly #turn: Turn<Client<U, D>>;
  readonly #dispatcher: Dispatcher<U, D>;
  readonly #heartbeat: Heartbeat | undefined;
  #isClosing = false;
  #closed: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;
  #now = 0;
  #timestamp = "";

  /** @throws RoomcastError `INVALID_OPTION`, naming the option and the value. */
  constructor(options: HubOptions = {}) {
    super();
    this.settings = readOptions(options);
    const { clock, heartbeat } = this.settings;
    this.#turn = new Turn(clock, (client, count) => this.notify("drop", { client, count }));
    this.#dispatcher = new Dispatcher(this);
    this.typing = new Typing(this);
    if (heartbeat !== false) this.#heartbeat = new Heartbeat(clock, heartbeat, this.#clients);
    registerChat(this);
  }

  /** All connections. */
  get clients(): ReadonlySet<Client<U, D>> {
    return this.#clients;
  }

  /** The rooms that somebody is in, by name. */
  get rooms(): ReadonlyMap<string, Room<U, D>> {
    return this.#rooms;
  }

  /** How many users have a connection. `clients.size` is how many connections there are. */
  get onlineCount(): number {
    return this.users.size;
  }

  /** True from the call of `close` on: nobody is let in any more. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /**
   * Takes in an open connection. Called by adapters, once per connection, which then drive the
   * receiver. The `connect` event is emitted before it returns.
   */
  accept(socket: Socket, { user, handshake }: AcceptOptions<U> = {}): Receiver {
    const client = new Client<U, D>(this, this.#turn, socket, user);
    this.#clients.add(client);
    this.users.add(client);
    const inbox = new Inbox(this, client, this.#dispatcher);
    this.notify("connect", { client, handshake });
    if (this.isClosing) client.close(CloseCode.goingAway, GOING_AWAY);
    else this.#heartbeat?.start();
    return inbox;
  }

  /**
   * Handles messages of one type; the built-in handler of that type, if there is one, is replaced.
   *
   * @param handler - Runs for each message of the type. What it returns goes to the client as the
   * payload of the `ack`, if the message had an `id`. If it throws or rejects, only that client is
   * told: a {@link RoomcastError} as it is, anything else as `INTERNAL`, with an `error` event.
   * @throws RoomcastError `INVALID_OPTION` for a type that no message can have, or no function.
   */
  handle(type: string, handler: Handler<U, D>): this {
    if (!isName(type)) throw invalid("type", type, NAME_RULE);
    if (typeof handler !== "function") throw invalid("handler", handler, "a function");
    this.#dispatcher.handle(type, handler);
    return this;
  }

  /**
   * The room of that name. Never undefined: one that nobody is in is empty, and may be broadcast to.
   *
   * @throws RoomcastError `INVALID_PAYLOAD` if the name is not a string of 1 to 128 characters.
   */
  room(id: string): Room<U, D> {
    assertRoomId(id);
    return this.#rooms.get(id) ?? new Room(this, id);
  }

  /** A user's connections, all together. Somebody who is not online has none. */
  user(id: string): UserHandle<U, D> {
    return new UserHandle(this, id);
  }

  /** Whether a user has at least one connection. */
  isOnline(userId: string): boolean {
    return this.users.has(userId);
  }

  /** Sends a message to every client, at the end of this turn. */
  broadcast(type: string, payload?: unknown, { except, from }: BroadcastOptions<U, D> = {}): void {
    const timestamp = this.timestamp();
    const message = new Message({ type, payload, sender: from?.sender, timestamp });
    deliver(message, this.#clients, except);
  }

  /** Puts a client into a room; {@link Client.join} says the rest. */
  join(client: Client<U, D>, roomId: string): Room<U, D> {
    return client.memberships.get(roomId) ?? this.admit(client, roomId, undefined);
  }

  /** Takes a client out of a room. Returns whether it was in it. */
  leave(client: Client<U, D>, roomId: string): boolean {
    const room = client.memberships.get(roomId);
    if (room === undefined) return false;
    this.typing.stop(client, room);
    room.remove(client);
    const isEmpty = room.isEmpty;
    if (isEmpty) this.#rooms.delete(roomId);
    this.notify("leave", { client, room });
    if (isEmpty) this.notify("roomRemoved", { room });
    return true;
  }

  /** What has been counted so far. */
  stats(): HubStats {
    return {
      clients: this.#clients.size,
      users: this.users.size,
      rooms: this.#rooms.size,
      received: this.received,
      delivered: this.#turn.delivered,
      dropped: this.#turn.dropped,
    };
  }

  /**
   * Closes every connection, after what is queued for it, and lets nobody in any more. Nobody is told
   * who leaves: everybody does. Resolves when all are gone. The server that the hub is attached to stays
   * yours to close.
   *
   * @throws RoomcastError `INVALID_OPTION`, naming the option and the value.
   */
  close({
    code = CloseCode.goingAway,
    reason = GOING_AWAY,
    timeout = 5_000,
  }: CloseOptions = {}): Promise<void> {
    checkCloseCode(code);
    checkPositive("timeout", timeout);
    this.#isClosing = true;
    this.#closed ??= this.#close(code, reason, timeout);
    return this.#closed;
  }

  async #close(code: number, reason: string, timeout: number): Promise<void> {
    const { clock } = this.settings;
    const isEmpty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const client of this.#clients) client.close(code, reason);
    const timer = clock.setTimeout(() => {
      for (const client of this.#clients) client.terminate("It did not finish closing.");
    }, timeout);
    if (this.#clients.size > 0) await isEmpty;
    clock.clearTimeout(timer);
    this.#heartbeat?.stop();
    this.#turn.stop();
  }

  /**
   * Lets a client into a room that it is not in, and answers with `room_info` under `id`. A client
   * that has closed meanwhile is not let in: nobody would ever take it out. @internal
   */
  admit(client: Client<U, D>, roomId: string, id: string | undefined): Room<U, D> {
    const known = this.room(roomId);
    if (!client.isOpen) return known;
    const { maxRoomsPerClient } = this.settings;
    if (maxRoomsPerClient !== false && client.rooms.size >= maxRoomsPerClient) {
      throw new RoomcastError(
        "TOO_MANY_ROOMS",
        `You may be in ${maxRoomsPerClient} rooms at most.`,
      );
    }
    const isNew = known.isEmpty;
    this.#rooms.set(roomId, known);
    known.add(client);
    known.sendInfo(client, "room_info", id);
    if (isNew) this.notify("roomCreated", { room: known });
    this.notify("join", { client, room: known });
    return known;
  }

  /** Whether so many come or go at the moment that telling of it may wait. @internal */
  isCrowded(): boolean {
    return this.#turn.isCrowded();
  }

  /** A connection is gone: called by its inbox, once. @internal */
  gone(client: Client<U, D>, code: number, reason: string): void {
    client.gone();
    this.#clients.delete(client);
    this.users.delete(client);
    this.notify("disconnect", { client, code, reason: reason || client.cutReason });
    if (this.#clients.size === 0) this.#onEmpty?.();
  }

  /** Now, as a message's timestamp. @internal */
  timestamp(): string {
    const now = this.settings.clock.now();
    if (now !== this.#now) {
      this.#now = now;
      this.#timestamp = new Date(now).toISOString();
    }
    return this.#timestamp;
  }
}

const GOING_AWAY = "The server is going away.";
