import { checkPolicy, checkType, type Policy } from "./delivery/lag-policy.js";
import { Message } from "./delivery/message.js";
import { Outbox } from "./delivery/outbox.js";
import type { Turn } from "./delivery/turn.js";
import type { Hub } from "./hub.js";
import { CloseCode, mayComeBack } from "./protocol/close-codes.js";
import type { Envelope, LeaveReason, User } from "./protocol/types.js";
import type { Room } from "./room.js";
import type { Receipt } from "./rooms/receipts.js";
import type { RequestOptions } from "./rooms/requests.js";
import type { Socket } from "./transport/socket.js";
import { checkCloseCode } from "./util/checks.js";

/** How to send to one client, or to all of a user's. */
export interface SendOptions {
  /** What becomes of it where the client lags. Default "queue". */
  readonly policy?: Policy | undefined;
}

/** One connection, seen from the server. */
export class Client<U extends User = User, D = Record<string, unknown>> {
  /** Who the connection belongs to, as authentication said. Of it, only `id` and `name` go on the wire. */
  readonly user: U;
  /** Rooms by name; kept by Room alone. @internal */
  readonly memberships = new Map<string, Room<U, D>>();
  /** When the peer was last heard of, in the clock's milliseconds. @internal */
  lastSeen: number;
  /** @internal */
  readonly outbox: Outbox<Client<U, D>>;
  /** Why the server cut the connection. @internal */
  cutReason = "";
  readonly #hub: Hub<U, D>;
  readonly #socket: Socket;
  #id: string | undefined;
  #data: Partial<D> | undefined;
  #isOpen = true;

  /** Clients are made by `hub.accept`. @internal */
  constructor(hub: Hub<U, D>, turn: Turn<Client<U, D>>, socket: Socket, user: U | undefined) {
    // Nobody said who this is: it is somebody of its own.
    this.user = user ?? ({ id: this.id, name: `guest-${this.id.slice(0, 4)}` } as User as U);
    this.lastSeen = hub.settings.clock.now();
    this.outbox = new Outbox(this as Client<U, D>, turn, socket, hub.settings.maxBufferedBytes);
    this.#hub = hub;
    this.#socket = socket;
  }

  /** Unique per connection, chosen by the server. */
  get id(): string {
    this.#id ??= crypto.randomUUID();
    return this.#id;
  }

  /** Yours: whatever the application keeps for this connection. Empty at first. */
  get data(): Partial<D> {
    this.#data ??= {};
    return this.#data;
  }

  /** Replaces it. */
  set data(data: Partial<D>) {
    this.#data = data;
  }

  /** What others are shown of the user. @internal */
  get sender(): User {
    const { id, name } = this.user;
    return { id, name };
  }

  /** The rooms this client is in, by name. */
  get rooms(): ReadonlyMap<string, Room<U, D>> {
    return this.memberships;
  }

  /** False from the moment the connection closes, or is told to. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes that wait for this client's network. */
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  /**
   * Sends a message to this client alone, at the end of this turn, after everything sent before.
   * Does nothing once the client is closed.
   *
   * @throws TypeError if `payload` cannot be written as JSON.
   */
  send(type: string, payload?: unknown, { policy = "queue" }: SendOptions = {}): void {
    checkType(type);
    checkPolicy(policy);
    const timestamp = this.#hub.timestamp();
    this.outbox.push(new Message({ type, payload, timestamp }, policy));
  }

  /**
   * Asks this client, and resolves with what became of it: an answer, none in time, or that the client
   * was gone. Never rejects but for the reasons below.
   *
   * @throws RoomcastError `INVALID_OPTION`; TypeError if `payload` cannot be written as JSON.
   */
  request(
    type: string,
    payload?: unknown,
    options: Pick<RequestOptions, "timeout"> = {},
  ): Promise<Receipt<U, D>> {
    return this.#hub.requests.askOne({ type, payload }, this, options);
  }

  /**
   * Sets what the others see of this client's user, as `state`: `{ status: "away" }`, say. The rooms that
   * the user is in are sent `user_updated`. It belongs to the user, whichever connection says it, and
   * lasts as long as the user is connected, or is waited for.
   *
   * @param state Any JSON value; undefined takes it back.
   * @throws TypeError if it cannot be written as JSON.
   */
  setPresence(state: unknown): void {
    if (this.#isOpen) this.#hub.presence.setState(this.user, state);
  }

  /**
   * Puts this client into a room; it is sent `room_info`, the others `user_joined`. A second join
   * does nothing.
   *
   * @throws RoomcastError `INVALID_PAYLOAD` if the name is not usable, `TOO_MANY_ROOMS` over the limit.
   */
  join(roomId: string): Room<U, D> {
    return this.#hub.join(this, roomId);
  }

  /** Takes this client out of a room, and tells it. Returns whether it was in it. */
  leave(roomId: string): boolean {
    return this.#hub.leave(this, roomId);
  }

  /**
   * Sends what is queued, leaves all rooms and closes the connection. Nothing that arrives from now
   * on is handled. The `disconnect` event follows when the connection is gone.
   *
   * @param code A close code (RFC 6455, 7.4.2): 1000, or 3000 to 4999. Default 1000.
   * @param reason Cut to 123 bytes of UTF-8.
   * @throws RoomcastError `INVALID_OPTION` for a code that may not be sent; the connection stays.
   */
  close(code: number = CloseCode.normal, reason = ""): void {
    checkCloseCode(code);
    if (!this.#isOpen) return;
    this.#retire(mayComeBack(code) ? "timeout" : "closed");
    this.outbox.close();
    this.#socket.close(code, reason);
  }

  /**
   * Cuts the connection: no closing handshake, nothing that is queued is sent.
   *
   * @param reason For the `disconnect` event; the peer cannot be told any more.
   */
  terminate(reason = ""): void {
    this.cutReason = reason;
    this.#retire("timeout");
    this.outbox.discard();
    this.#socket.terminate();
  }

  /** Sends an envelope as it stands. @internal */
  answer(envelope: Envelope): void {
    this.outbox.push(new Message(envelope));
  }

  /** Asks the peer for a sign of life. @internal */
  ping(): void {
    if (this.#socket.ping !== undefined) this.#socket.ping();
    else this.answer({ type: "ping" });
  }

  /** The connection is gone. @internal */
  gone(code: number): void {
    const isGoodbye = code === CloseCode.normal || code === CloseCode.noStatus;
    this.#retire(isGoodbye ? "left" : "timeout");
    this.outbox.discard();
  }

  #retire(reason: LeaveReason): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#hub.catchUp.end(this);
    for (const room of this.memberships.values()) this.#hub.door.leave(this, room, reason);
    this.#hub.requests.left(this);
  }
}
