import { type AnyClient, Client } from "./client.js";
import { Context, type HubStats } from "./context.js";
import { compose } from "./delivery/compose.js";
import { fanOut, toExcluded } from "./delivery/fan-out.js";
import { Turn } from "./delivery/turn.js";
import type { HubEvents } from "./events.js";
import { Dispatcher, type Handler } from "./inbound/dispatcher.js";
import { registerHandlers } from "./inbound/handlers.js";
import { Inbox, type InboxHost } from "./inbound/inbox.js";
import { Reading } from "./inbound/reading.js";
import { type HubLimits, type HubOptions, readOptions } from "./options.js";
import { CloseCode } from "./protocol/close-codes.js";
import { assertRoomId, isName, NAME_RULE } from "./protocol/envelope.js";
import { RoomcastError } from "./protocol/errors.js";
import type { User } from "./protocol/types.js";
import type { BroadcastOptions, Room } from "./room.js";
import { Authorization } from "./rooms/authorization.js";
import { CatchUp } from "./rooms/catch-up.js";
import { Claims } from "./rooms/claims.js";
import { Membership, type MembershipParts } from "./rooms/membership.js";
import { Presence } from "./rooms/presence.js";
import { Requests } from "./rooms/requests.js";
import { Rooms } from "./rooms/rooms.js";
import { Typing } from "./rooms/typing.js";
import { Users } from "./rooms/users.js";
import { type CloseOptions, GOING_AWAY, readCloseOptions, shutdown } from "./shutdown.js";
import { checkUser } from "./transport/authentication.js";
import type { AcceptOptions } from "./transport/handshake.js";
import { Heartbeat } from "./transport/heartbeat.js";
import type { Receiver, Socket } from "./transport/socket.js";
import type { HubRuntime } from "./transport/upgrade-guard.js";
import { UserHandle } from "./user.js";
import { invalid } from "./util/checks.js";
import { Emitter } from "./util/emitter.js";
import { EventQueue } from "./util/event-queue.js";
import { MapView } from "./util/map-view.js";

/** What a hub is made of. */
interface Parts extends MembershipParts {
  readonly context: Context;
  readonly membership: Membership;
  readonly dispatcher: Dispatcher;
  readonly turn: Turn<AnyClient>;
  readonly maxBufferedBytes: number;
}

/**
 * The registry of all clients and rooms, and what an application calls.
 *
 * Its events ({@link HubEvents}): `connect`, `disconnect`, `join`, `leave`, `memberJoined`, `memberLeft`, `message`,
 * `lag`, `recovered`, `drop`, `refused`, `error`, `roomCreated`, `roomRemoved`.
 *
 * @typeParam U - The application's user: `id` and `name`, and whatever else authentication knows.
 * @typeParam D - What the application keeps per connection, in `client.data`.
 *
 * @example
 * ```ts
 * const hub = new Hub({ history: {} });
 * serve(hub, server, { path: "/ws", authenticate: ({ token }) => verify(token) });
 * hub.on("join", ({ client, room }) => console.log("joined", [client.user.name, room.id]));
 * hub.handle("draw", (client, message) =>
 *   message.room.broadcast("drawn", message.payload, { except: client, from: client }),
 * );
 * process.once("SIGTERM", () => hub.close({ spread: 30_000 }));
 * ```
 *
 * @category Main
 */
export class Hub<U extends User = User, D = Record<string, unknown>> extends Emitter<
  HubEvents<U, D>
> {
  /** The limits that the hub holds its clients to, with the defaults filled in. */
  readonly limits: HubLimits;
  /** What adapters and guards use of the hub, beside `accept`. */
  readonly runtime: HubRuntime;
  readonly #context: Context;
  readonly #clients = new Set<Client<U, D>>();
  readonly #parts: Parts;
  readonly #inboxHost: InboxHost;
  readonly #heartbeat: Heartbeat | false;
  #closed: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  /** @throws RoomcastError `INVALID_OPTION`, naming the option and the value. */
  constructor(options: HubOptions<U, D> = {}) {
    const events = new EventQueue();
    super(events, (event, cause) => this.#listenerFailed(String(event), cause));
    const settings = readOptions(options);
    const { maxMessageBytes, maxBufferedBytes, lagTimeout, rateLimit, heartbeat } = settings;
    this.limits = { maxMessageBytes, maxBufferedBytes, lagTimeout, heartbeat };

    const context = new Context(settings.clock, settings.logger, this, events);
    const users = new Users();
    const requests = new Requests(context);
    const rooms = new Rooms(context, settings, { users, requests });
    const typing = new Typing(context, users);
    const presence = new Presence(context, users, rooms, maxMessageBytes);
    const dispatcher = new Dispatcher(context, settings);
    const catchUp = new CatchUp(context, settings, presence, (client) => dispatcher.goOn(client));
    const authorization = new Authorization(context, settings);
    const claims = new Claims();
    const around = { authorization, claims, rooms, users, typing, presence, catchUp, requests };
    const membership = new Membership(context, around, settings.maxRoomsPerClient);
    const turn = new Turn<AnyClient>(context.clock, context.counters, catchUp, (client, cause) =>
      this.#socketFailed(client, cause),
    );
    const parts = { ...around, context, membership, dispatcher, turn, maxBufferedBytes };
    registerHandlers(dispatcher, parts);

    this.runtime = context;
    this.#context = context;
    this.#parts = parts;
    this.#inboxHost = {
      context,
      dispatcher,
      maxMessageBytes,
      rateLimit,
      reading: new Reading(context.clock),
      drained: (client) => catchUp.step(client),
      gone: (client, code, reason) => this.#gone(client, code, reason),
    };
    this.#heartbeat = heartbeat && new Heartbeat(context.clock, heartbeat, this.#clients);
  }

  /** On this node: all connections. */
  get clients(): ReadonlySet<Client<U, D>> {
    return this.#clients;
  }

  /** On this node: the rooms that have members, by name. A view that is kept current. */
  get rooms(): ReadonlyMap<string, Room<U, D>> {
    return new MapView(this.#parts.rooms.live, ({ room }) => room);
  }

  /** On this node: how many users have a connection. `clients.size` is the number of connections. */
  get onlineCount(): number {
    return this.#parts.users.size;
  }

  /** True from the call of `close` on: nobody is let in any more. */
  get isClosing(): boolean {
    return this.#context.isClosing;
  }

  /**
   * Takes in an open connection. Called by adapters, once per connection, which then drive the
   * receiver. The `connect` event is emitted before it returns; inside a listener, after the listener's event.
   */
  accept(socket: Socket, { user, handshake }: AcceptOptions<U> = {}): Receiver {
    const context = this.#context;
    if (user !== undefined) checkUser(user);
    const client = new Client<U, D>(this.#parts, socket, user);
    this.#clients.add(client);
    this.#parts.users.add(client);
    const inbox = new Inbox(this.#inboxHost, client);
    context.emit("connect", { client, handshake });
    if (context.isClosing) client.close(CloseCode.goingAway, GOING_AWAY);
    else if (this.#heartbeat) this.#heartbeat.start();
    return inbox;
  }

  /**
   * Handles messages of one type, in place of the handler before, also of a built-in one.
   *
   * @param handler - Runs for each message of the type. What it returns goes to the client as the
   * payload of the `ack`, if the message had an `id`. If it throws or rejects, only that client is
   * told: a {@link RoomcastError} as it is, anything else as `INTERNAL`, with an `error` event.
   * @throws RoomcastError `INVALID_OPTION` for a type that no message can have, or no function.
   */
  handle(type: string, handler: Handler<U, D>): this {
    if (!isName(type)) throw invalid("type", type, NAME_RULE);
    if (typeof handler !== "function") throw invalid("handler", handler, "a function");
    this.#parts.dispatcher.handle(type, handler);
    return this;
  }

  /**
   * The room of that name. Never undefined: one that nobody is in is empty, and may be broadcast to.
   *
   * @throws RoomcastError `INVALID_PAYLOAD` if the name is not a string of 1 to 128 characters.
   */
  room(id: string): Room<U, D> {
    assertRoomId(id);
    return this.#parts.rooms.handle(id);
  }

  /** All connections of a user together; none for one who is not online. */
  user(id: string): UserHandle<U, D> {
    return new UserHandle(this.#parts, id);
  }

  /** On this node: whether a user has a connection. */
  isOnline(userId: string): boolean {
    return this.#parts.users.has(userId);
  }

  /**
   * Sends a message to every client, at the end of this turn.
   *
   * @throws RoomcastError `INVALID_OPTION`; TypeError if `payload` cannot be written as JSON.
   */
  broadcast(
    type: string,
    payload?: unknown,
    { except, from, policy }: BroadcastOptions<U, D> = {},
  ): void {
    const message = compose(this.#context.timestamp(), type, payload, { from, policy });
    fanOut(message, this.#clients, toExcluded(except));
  }

  /**
   * Takes a user out of a room, or of all rooms, on all connections, and tells them; also where the user is
   * about to join or rejoin. The user is not shown later messages of the room afterwards, either. To
   * keep the user out, `authorize` must refuse, too.
   *
   * @returns resolves when it holds everywhere; on one process, when the call returns. Rejects with
   * `HUB_CLOSED` once the hub is closed.
   */
  revoke(userId: string, roomId?: string): Promise<void> {
    this.#parts.membership.revoke(userId, roomId);
    return this.#context.settled(undefined);
  }

  /** On this node: what has been counted so far. */
  stats(): HubStats {
    return {
      clients: this.#clients.size,
      users: this.#parts.users.size,
      rooms: this.#parts.rooms.live.size,
      lagging: this.#parts.catchUp.size,
      ...this.#context.counters,
    };
  }

  /**
   * Closes every connection, and lets nobody in any more: upgrades are answered with 503. What arrives from
   * now on is not handled; handlers that still run finish first, then each client is told when to reconnect,
   * sent what is queued, and closed. Nobody is told who leaves: everybody does. Resolves when all are gone,
   * or cut off. The server that the hub is attached to stays yours to close.
   *
   * @throws RoomcastError `INVALID_OPTION`, naming the option and the value.
   */
  close(options: CloseOptions = {}): Promise<void> {
    const settings = readCloseOptions(options);
    this.#context.isClosing = true;
    this.#closed ??= shutdown(
      {
        context: this.#context,
        clients: this.#clients,
        whenIdle: (callback) => this.#parts.dispatcher.whenIdle(callback),
        whenEmpty: (callback) => this.#whenEmpty(callback),
      },
      settings,
    ).then(() => this.#stop());
    return this.#closed;
  }

  #whenEmpty(callback: () => void): void {
    this.#onEmpty = callback;
    if (this.#clients.size === 0) callback();
  }

  #stop(): void {
    this.#parts.presence.clear();
    this.#parts.typing.clear();
    this.#parts.rooms.clear();
    if (this.#heartbeat) this.#heartbeat.stop();
    this.#parts.turn.stop();
    this.#inboxHost.reading.stop();
    this.#context.isClosed = true;
  }

  /** A connection is gone: called by its inbox, once. */
  #gone(client: Client<U, D>, code: number, reason: string): void {
    if (!this.#clients.delete(client)) return;
    const why = client.gone(code, reason);
    this.#context.closing.gone(client);
    this.#parts.users.delete(client);
    const { id } = client.identity;
    if (!this.#parts.users.has(id)) this.#parts.presence.offline(id);
    this.#context.emit("disconnect", { client, code, reason: why });
    if (this.#clients.size === 0) this.#onEmpty?.();
  }

  /** A client's socket threw: it is given up, and the connection taken for gone, whatever it says of itself. */
  #socketFailed(client: Client<U, D>, cause: unknown): void {
    const error = new RoomcastError("SOCKET_FAILED", "The socket threw.", { cause });
    this.#context.report(error, client);
    client.terminate("The socket threw.");
    this.#gone(client, CloseCode.abnormal, "");
  }

  #listenerFailed(event: string, cause: unknown): void {
    const text = `A listener of "${event}" failed.`;
    const error = new RoomcastError("LISTENER_FAILED", text, { cause });
    // Listeners of "error" that fail are not asked again.
    if (event === "error") this.#context.log(error);
    else this.#context.report(error);
  }
}
