import { Client } from "./client.js";
import { deliver } from "./delivery/fan-out.js";
import { checkPolicy, checkType } from "./delivery/lag-policy.js";
import { Message } from "./delivery/message.js";
import { Turn } from "./delivery/turn.js";
import { HubEmitter } from "./events.js";
import { Dispatcher, type Handler } from "./inbound/dispatcher.js";
import { registerChat } from "./inbound/handlers.js";
import { Inbox } from "./inbound/inbox.js";
import { type HubOptions, readOptions, type Settings } from "./options.js";
import { CloseCode } from "./protocol/close-codes.js";
import { assertRoomId, isName, NAME_RULE } from "./protocol/envelope.js";
import type { User } from "./protocol/types.js";
import { type BroadcastOptions, Room } from "./room.js";
import { CatchUp } from "./rooms/catch-up.js";
import { Door } from "./rooms/membership.js";
import { Presence } from "./rooms/presence.js";
import { Requests } from "./rooms/requests.js";
import { Rooms } from "./rooms/rooms.js";
import { Typing } from "./rooms/typing.js";
import { Users } from "./rooms/users.js";
import { type CloseOptions, closeAll, GOING_AWAY, readCloseOptions } from "./shutdown.js";
import type { Handshake } from "./transport/handshake.js";
import { Heartbeat } from "./transport/heartbeat.js";
import type { Receiver, Socket } from "./transport/socket.js";
import { UserHandle } from "./user.js";
import { invalid } from "./util/checks.js";

/** What is known of a connection when it is accepted. */
export interface AcceptOptions<U extends User = User> {
  /** Who it belongs to. Without it, a guest of its own. */
  readonly user?: U | undefined;
  /** The upgrade request, for the `connect` event. */
  readonly handshake?: Handshake | undefined;
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
  /** Messages that a client did not get, and will not get: it was slow, and history did not reach. */
  readonly dropped: number;
  /** Connections that lag now. */
  readonly lagging: number;
  /** Messages that clients were sent from history: after lagging, or after a reconnect. */
  readonly replayed: number;
  /** Of the dropped ones, those with a position: their clients were told of a gap. */
  readonly missed: number;
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
  readonly settings: Settings<U, D>;
  /** Messages that came from clients. @internal */
  received = 0;
  /** @internal */
  readonly typing: Typing<U, D>;
  /** Whose connections are whose. @internal */
  readonly users = new Users<U, D>();
  /** @internal */
  readonly registry: Rooms<U, D>;
  /** @internal */
  readonly door: Door<U, D>;
  /** @internal */
  readonly presence: Presence<U, D>;
  /** @internal */
  readonly catchUp: CatchUp<U, D>;
  /** @internal */
  readonly requests: Requests<U, D>;
  /** @internal */
  readonly dispatcher: Dispatcher<U, D>;
  readonly #clients = new Set<Client<U, D>>();
  readonly #turn: Turn<Client<U, D>>;
  readonly #heartbeat: Heartbeat | undefined;
  #isClosing = false;
  #closed: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;
  #now = 0;
  #timestamp = "";

  /** @throws RoomcastError `INVALID_OPTION`, naming the option and the value. */
  constructor(options: HubOptions<U, D> = {}) {
    super();
    this.settings = readOptions(options);
    const { clock, heartbeat } = this.settings;
    this.#turn = new Turn(clock, {
      lags: (client) => this.catchUp.begin(client),
      dropped: (client, count) => this.notify("drop", { client, count }),
      isOverfull: (client) => this.catchUp.giveUp(client),
    });
    this.registry = new Rooms(this);
    this.typing = new Typing(this);
    this.presence = new Presence(this);
    this.requests = new Requests(this);
    this.catchUp = new CatchUp(this);
    this.door = new Door(this);
    this.dispatcher = new Dispatcher(this);
    if (heartbeat !== false) this.#heartbeat = new Heartbeat(clock, heartbeat, this.#clients);
    registerChat(this);
  }

  /** All connections. */
  get clients(): ReadonlySet<Client<U, D>> {
    return this.#clients;
  }

  /** The rooms that somebody is in, by name. */
  get rooms(): ReadonlyMap<string, Room<U, D>> {
    return this.registry.live;
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
    const inbox = new Inbox(this, client, this.dispatcher);
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
    this.dispatcher.handle(type, handler);
    return this;
  }

  /**
   * The room of that name. Never undefined: one that nobody is in is empty, and may be broadcast to.
   *
   * @throws RoomcastError `INVALID_PAYLOAD` if the name is not a string of 1 to 128 characters.
   */
  room(id: string): Room<U, D> {
    assertRoomId(id);
    return this.registry.find(id) ?? new Room(this, id);
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
  broadcast(
    type: string,
    payload?: unknown,
    { except, from, policy = "queue" }: BroadcastOptions<U, D> = {},
  ): void {
    checkType(type);
    checkPolicy(policy);
    const timestamp = this.timestamp();
    const message = new Message({ type, payload, sender: from?.sender, timestamp }, policy);
    deliver(message, this.#clients, except);
  }

  /** Puts a client into a room; {@link Client.join} says the rest. */
  join(client: Client<U, D>, roomId: string): Room<U, D> {
    return client.memberships.get(roomId) ?? this.door.admit(client, roomId);
  }

  /** Takes a client out of a room, and tells it. Returns whether it was in it. */
  leave(client: Client<U, D>, roomId: string): boolean {
    const room = client.memberships.get(roomId);
    if (room !== undefined) this.door.remove(client, room, "left");
    return room !== undefined;
  }

  /**
   * Takes a user out of a room, or of all rooms, on all connections, and tells them; also where the user is
   * about to join, or to come back. What is said from now on is not shown to the user later, either. To
   * keep somebody out, `authorize` must say so too.
   */
  revoke(userId: string, roomId?: string): void {
    this.door.revoke(userId, roomId);
  }

  /** What has been counted so far. */
  stats(): HubStats {
    return {
      clients: this.#clients.size,
      users: this.users.size,
      rooms: this.registry.live.size,
      received: this.received,
      delivered: this.#turn.delivered,
      dropped: this.#turn.dropped,
      lagging: this.catchUp.lagging,
      replayed: this.catchUp.replayed,
      missed: this.catchUp.missed,
    };
  }

  /**
   * Closes every connection, and lets nobody in any more: upgrades are answered with 503. What arrives from
   * now on is not handled; handlers that still run finish first, then everybody is told when to come back,
   * sent what is queued, and closed. Nobody is told who leaves: everybody does. Resolves when all are gone,
   * or cut off. The server that the hub is attached to stays yours to close.
   *
   * @throws RoomcastError `INVALID_OPTION`, naming the option and the value.
   */
  close(options: CloseOptions = {}): Promise<void> {
    const settings = readCloseOptions(options);
    this.#isClosing = true;
    this.#closed ??= closeAll(this, settings).then(() => this.#stop());
    return this.#closed;
  }

  /** Runs `callback` when no connection is left. @internal */
  whenEmpty(callback: () => void): void {
    this.#onEmpty = callback;
    if (this.#clients.size === 0) callback();
  }

  #stop(): void {
    this.presence.clear();
    this.registry.clear();
    this.#heartbeat?.stop();
    this.#turn.stop();
  }

  /** Whether so many come or go at the moment that telling of it may wait. @internal */
  isCrowded(): boolean {
    return this.#turn.isCrowded();
  }

  /** A connection is gone: called by its inbox, once. @internal */
  gone(client: Client<U, D>, code: number, reason: string): void {
    client.gone(code);
    this.catchUp.gone(client);
    this.#clients.delete(client);
    this.users.delete(client);
    if (!this.users.has(client.user.id)) this.presence.offline(client.user.id);
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
