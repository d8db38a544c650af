import { compose } from "./delivery/compose.js";
import type { LagPolicy } from "./delivery/lag-policy.js";
import { Message } from "./delivery/message.js";
import { Outbox } from "./delivery/outbox.js";
import type { Turn } from "./delivery/turn.js";
import { CloseCode, mayReconnect } from "./protocol/close-codes.js";
import type { ServerEnvelope } from "./protocol/messages.js";
import type { LeaveReason, User } from "./protocol/types.js";
import type { AnyRoom, Room } from "./room.js";
import type { RoomState } from "./rooms/room-state.js";
import { GuestIdentity, Identity } from "./transport/identity.js";
import type { Socket } from "./transport/socket.js";
import { checkCloseCode } from "./util/checks.js";
import type { SteadyClock } from "./util/clock.js";
import { MapView } from "./util/map-view.js";

/**
 * How to send to one client, or to all of a user's.
 *
 * @category Options
 */
export interface SendOptions {
  /** What happens to the message where the client lags. Default "queue". */
  readonly policy?: LagPolicy | undefined;
}

/**
 * How to ask clients for an answer.
 *
 * @category Options
 */
export interface RequestOptions<U extends User = User, D = Record<string, unknown>> {
  /** How long (ms) each answer may take. Default 10000. */
  readonly timeout?: number | undefined;
  /** Not asked: one client or several. */
  readonly except?: Client<U, D> | Iterable<Client<U, D>> | undefined;
}

/**
 * What became of a request, for one client.
 *
 * @category Main
 */
export interface Receipt<U extends User = User, D = Record<string, unknown>> {
  /** The client that was asked. */
  readonly client: Client<U, D>;
  /** Its user. */
  readonly user: U;
  /** It answered; it did not in time; or it left the room, or was gone, before it did. */
  readonly status: "ack" | "timeout" | "left";
  /** Its answer: any JSON value. */
  readonly payload: unknown;
}

/**
 * The receipts of one request, one per client, as they come. For one `for await` loop.
 *
 * @category Main
 */
export interface Receipts<U extends User = User, D = Record<string, unknown>>
  extends AsyncIterableIterator<Receipt<U, D>> {
  /** The next receipt, as soon as there is one. */
  next(): Promise<IteratorResult<Receipt<U, D>, undefined>>;
  /** Stops waiting. Called by a loop that is left early. */
  return(): Promise<IteratorResult<Receipt<U, D>, undefined>>;
  /** Itself. */
  [Symbol.asyncIterator](): this;
}

/** What a client needs of its hub. */
export interface ClientHost {
  readonly context: {
    readonly clock: SteadyClock;
    readonly closing: { begin(client: AnyClient): void; hurry(client: AnyClient): void };
    timestamp(): string;
    settled<T>(value: T): Promise<T>;
  };
  readonly turn: Turn<AnyClient>;
  readonly maxBufferedBytes: number;
  readonly membership: {
    join(client: AnyClient, roomId: string): AnyRoom;
    takeOut(client: AnyClient, roomId: string): boolean;
    closed(client: AnyClient, reason: LeaveReason): void;
  };
  readonly presence: { setState(client: AnyClient, state: unknown): void };
  readonly requests: {
    sendOne(
      client: AnyClient,
      type: string,
      payload: unknown,
      options: RequestOptions,
    ): Promise<Receipt>;
  };
}

/** A client of any application: what the parts of a hub work on. */
// biome-ignore lint/suspicious/noExplicitAny: the parts never look at an application's own types.
export type AnyClient = Client<any, any>;

const roomOf = ({ room }: RoomState): AnyRoom => room;

/**
 * One connection, seen from the server. Handlers get it, and most events of a hub.
 *
 * @example
 * ```ts
 * hub.on("connect", async ({ client }) => {
 *   client.send("welcome", { text: `Hello, ${client.user.name}.` });
 *   await client.join("lobby"); // as if the client had asked for it; `authorize` is not
 *   const { status, payload } = await client.request("version?", null, { timeout: 5_000 });
 *   if (status === "ack" && payload === "0.9") client.close(4500, "Please update.");
 * });
 *
 * hub.handle("away", (client) => client.setPresence({ status: "away" }));
 * ```
 *
 * @category Main
 */
export class Client<U extends User = User, D = Record<string, unknown>> {
  /**
   * The connection's user, as authentication returned it. Only `id` and `name` go over the wire, as they were
   * when the connection was accepted: what changes in the object later is the application's own.
   */
  readonly user: U;
  /** A copy of the user's `id` and `name`, which all parts go by: the application may change its object. @internal */
  readonly identity: Identity;
  /** The rooms it is in, by name; kept by Membership. @internal */
  readonly memberships = new Map<string, RoomState>();
  /** When the peer was last heard of, in milliseconds of the monotonic clock. @internal */
  lastSeen: number;
  /** @internal */
  readonly outbox: Outbox<AnyClient>;
  readonly #host: ClientHost;
  #cutReason = "";
  #id: string | undefined;
  #data: Partial<D> | undefined;
  #isOpen = true;

  /** Clients are made by `hub.accept`. @internal */
  constructor(host: ClientHost, socket: Socket, user: U | undefined) {
    // Without a user it is a guest of its own.
    this.user = user ?? ({ id: this.id, name: `guest-${this.id.slice(0, 4)}` } as User as U);
    this.identity = user === undefined ? new GuestIdentity(this.user) : new Identity(this.user);
    this.lastSeen = host.context.clock.monotonic();
    this.outbox = new Outbox<AnyClient>(this, host.turn, socket, host.maxBufferedBytes);
    this.#host = host;
  }

  /** Unique per connection, chosen by the server. */
  get id(): string {
    this.#id ??= crypto.randomUUID();
    return this.#id;
  }

  /** Whatever the application keeps for this connection. Empty at first. */
  get data(): Partial<D> {
    this.#data ??= {};
    return this.#data;
  }

  /** Replaces it. */
  set data(data: Partial<D>) {
    this.#data = data;
  }

  /** The rooms this client is in, by name. A view that is kept current. */
  get rooms(): ReadonlyMap<string, Room<U, D>> {
    return new MapView(this.memberships, roomOf);
  }

  /** False from the moment the connection closes, or is told to. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes that wait for this client's network. */
  get bufferedAmount(): number {
    return this.outbox.bufferedAmount;
  }

  /**
   * Sends a message to this client alone, at the end of this turn, after everything sent before.
   * Does nothing once the client is closed.
   *
   * @throws RoomcastError `INVALID_OPTION`; TypeError if `payload` cannot be written as JSON.
   */
  send(type: string, payload?: unknown, { policy }: SendOptions = {}): void {
    this.outbox.push(compose(this.#host.context.timestamp(), type, payload, { policy }));
  }

  /**
   * Asks this client, and resolves with its receipt: an answer, none in time, or that the client was gone.
   * Never rejects.
   *
   * @throws RoomcastError `INVALID_OPTION`; TypeError if `payload` cannot be written as JSON.
   */
  request(
    type: string,
    payload?: unknown,
    options: Pick<RequestOptions, "timeout"> = {},
  ): Promise<Receipt<U, D>> {
    return this.#host.requests.sendOne(this, type, payload, options) as Promise<Receipt<U, D>>;
  }

  /**
   * Sets the state that others see of this client's user: `{ status: "away" }`, say. The rooms that the user
   * is in are sent `user_updated`. It belongs to the user, on whichever connection it was set, and lasts as
   * long as the user is connected, or may reconnect within `grace`.
   *
   * @param state Any JSON value, of which a copy is kept; undefined removes it.
   * @throws TypeError if it cannot be written as JSON.
   */
  setPresence(state: unknown): void {
    if (this.#isOpen) this.#host.presence.setState(this, state);
  }

  /**
   * Puts this client into a room; it is sent `room_info`, the others `user_joined`. A second join does
   * nothing. On one process the client is in the room when the call returns.
   *
   * @returns resolves with the room; rejects with `HUB_CLOSED` once the hub is closed.
   * @throws RoomcastError `INVALID_PAYLOAD` if the name is not a string of 1 to 128 characters,
   * `TOO_MANY_ROOMS` over the limit.
   */
  join(roomId: string): Promise<Room<U, D>> {
    const { context, membership } = this.#host;
    return context.settled(membership.join(this, roomId));
  }

  /**
   * Takes this client out of a room, at once on this node, and tells it. A join of its own that waits for
   * `authorize` or for history ends with `FORBIDDEN`. Returns whether it was in the room, or about to be.
   */
  leave(roomId: string): boolean {
    return this.#host.membership.takeOut(this, roomId);
  }

  /**
   * Sends what is queued, leaves all rooms and closes the connection. Nothing that arrives from now
   * on is handled. The `disconnect` event follows when the connection is gone: after 5 s at the latest, when
   * it is cut.
   *
   * @param code A close code (RFC 6455, 7.4.2): 1000, or 3000 to 4999. Default 1000.
   * @param reason Cut to 123 bytes of UTF-8.
   * @throws RoomcastError `INVALID_OPTION` for a code that may not be sent; the connection stays.
   */
  close(code: number = CloseCode.normal, reason = ""): void {
    checkCloseCode(code);
    if (!this.#isOpen) return;
    this.#end(mayReconnect(code) ? "timeout" : "closed");
    this.#host.context.closing.begin(this);
    this.outbox.close(code, reason);
  }

  /**
   * Cuts the connection: no closing handshake, and nothing that is queued is sent.
   *
   * @param reason For the `disconnect` event; the peer cannot be told any more.
   */
  terminate(reason = ""): void {
    this.#cutReason = reason;
    this.#end("timeout");
    this.outbox.terminate();
  }

  /** Sends an envelope as it is, as an answer. @internal */
  push(envelope: ServerEnvelope): void {
    this.outbox.answer(new Message(envelope));
  }

  /** The peer ends the connection, which is not gone yet: nothing more is sent. @internal */
  ending(code: number): void {
    if (!this.#isOpen) return;
    this.#endByPeer(code);
    this.outbox.halt();
    const { closing } = this.#host.context;
    closing.begin(this);
    closing.hurry(this);
  }

  /** The connection is gone. Returns the reason: the peer's, or why it was cut. @internal */
  gone(code: number, reason: string): string {
    this.#endByPeer(code);
    this.outbox.discard();
    return reason || this.#cutReason;
  }

  #endByPeer(code: number): void {
    const isGoodbye = code === CloseCode.normal || code === CloseCode.noStatus;
    this.#end(isGoodbye ? "left" : "timeout");
  }

  #end(reason: LeaveReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#host.membership.closed(this, reason);
  }
}
