import { isName, NAME_RULE } from "../protocol/envelope.js";
import type { Envelope, LeaveReason, RoomInfo } from "../protocol/types.js";
import { invalid } from "./checks.js";
import { Delivery } from "./delivery.js";
import type { Unsubscribe } from "./emitter.js";
import { encode } from "./encode.js";
import { ConnectionError, leftError, serverError } from "./errors.js";
import { Joins } from "./joins.js";
import { Membership } from "./membership.js";
import { type ConnectOptions, settle } from "./options.js";
import { type ConnectionRequestOptions, PendingRequests } from "./pending-requests.js";
import { ReconnectingSocket } from "./reconnecting-socket.js";
import { ConnectionRoom, type JoinOptions, type RoomHost } from "./room.js";
import type { ConnectionStatus } from "./status.js";
import { steady } from "./timers.js";
import { onWake } from "./wake.js";

/**
 * Events of a connection beside its messages.
 *
 * @category Events, errors and statistics
 */
export interface ConnectionEvents {
  /** The status changed. */
  status: ConnectionStatus;
  /** Something went wrong that no promise reports. The connection goes on. */
  error: ConnectionError;
}

/** An attempt that has lasted this long (ms) when the network comes back began without a network. */
const WAKE_PATIENCE = 5_000;

/**
 * Connects to a roomcast server, and stays connected.
 *
 * @example
 * ```ts
 * const connection = connect("wss://example.org/ws", { token: () => fetchToken() });
 * const room = await connection.join("general");
 * room.on("new_message", ({ sender, payload }) => show(sender, payload));
 * await room.send({ content: "hi" });
 * ```
 *
 * @category Main
 */
export function connect(url: string, options: ConnectOptions = {}): Connection {
  return new Connection(url, options);
}

/**
 * A connection to a roomcast server that reconnects by itself. {@link connect} makes one.
 *
 * Its events: {@link ConnectionEvents.status | status}, {@link ConnectionEvents.error | error}, and each type of
 * message that the server sends outside of rooms.
 *
 * @example
 * ```ts
 * const connection = connect("wss://example.org/ws", { token: () => fetchToken() });
 * connection.on("status", ({ state }) => show(state)); // connecting, open, waiting, closed
 * connection.on("error", ({ code, message }) => show(code, message));
 * connection.on("invoice_paid", ({ payload }) => show(payload)); // sent to this user, in no room
 *
 * const room = await connection.join("general");
 * show(await room.request("draw", { x: 1, y: 2 })); // any type that the server handles
 * ```
 *
 * @category Main
 */
export class Connection {
  /** Vue leaves an object with this alone: its proxies cannot read private members. @internal */
  readonly __v_skip = true;
  readonly #delivery = new Delivery();
  readonly #socket: ReconnectingSocket;
  readonly #requests: PendingRequests;
  readonly #joins: Joins;
  readonly #memberships = new Map<string, Membership>();
  /** Whether the server told us last when to reconnect: it stops, and in order. */
  #isCleanStop = false;
  /** Aborted when the connection is closed for good. */
  readonly #closed = new AbortController();
  /** What rooms use of this connection. */
  readonly #host: RoomHost;

  /** Use {@link connect}. */
  constructor(url: string, options: ConnectOptions) {
    const settings = settle(options);
    const clock = steady(settings.clock);
    const memberships = this.#memberships;
    const requests = new PendingRequests(clock, settings, {
      send: (envelope, text) => {
        const { type, room } = envelope;
        // A message in a room waits until the room is joined again.
        const isOutside = memberships.get(room as string)?.isJoined === false;
        return (type === "join_room" || !isOutside) && this.#socket.send(envelope, text);
      },
      ask: () => this.#socket.wake(Infinity),
    });
    this.#socket = new ReconnectingSocket(clock, url, settings, {
      status: (status) => this.#delivery.run(() => this.#statusChanged(status)),
      message: (envelope, size) => this.#delivery.run(() => this.#receive(envelope, size)),
      lost: (code, reason) => {
        const wasOpen = this.status.state === "open";
        for (const membership of memberships.values()) {
          membership.isJoined = false;
          if (wasOpen) membership.isCleanStop = this.#isCleanStop;
        }
        this.#joins.start();
        requests.lost(code, reason);
      },
      error: (error) => this.#delivery.tell("error", error),
    });
    this.#joins = new Joins({
      ...settings,
      clock,
      requests,
      // After a timeout the server may still let us in, and we no longer wait for it.
      refused: (membership, error) => this.#removeRoom(membership, error, error.code === "TIMEOUT"),
    });
    this.#host = {
      clock,
      delivery: this.#delivery,
      requests,
      socket: this.#socket,
      join: (id, handle, options) => {
        requests.assertOpen();
        const known = memberships.get(id);
        const membership = known ?? new Membership(id, options);
        membership.handles.add(handle);
        memberships.set(id, membership);
        if (!known) this.#joins.add(membership);
        return membership;
      },
      leave: (handle, membership) => {
        const { handles, error } = membership;
        if (handles.delete(handle) && !handles.size && !error) {
          this.#removeRoom(membership, leftError(), true);
        }
      },
    };
    this.#requests = requests;
    onWake(() => this.#socket.wake(WAKE_PATIENCE), this.#closed);
  }

  /** What it is doing now. */
  get status(): ConnectionStatus {
    return this.#socket.status;
  }

  /**
   * Calls `listener` for each message of a type that is for no joined room, and for `status` and
   * `error` ({@link ConnectionEvents}). What it returns or resolves to is the answer if the server
   * asks for one. Returns a function that removes the listener.
   */
  on<N extends keyof ConnectionEvents>(
    name: N,
    listener: (event: ConnectionEvents[N]) => void,
  ): Unsubscribe;
  on(type: string, listener: (message: Envelope) => unknown): Unsubscribe;
  on(type: string, listener: (event: never) => void): Unsubscribe {
    return this.#delivery.emitter.on(type, listener);
  }

  /**
   * A handle of a room that is not joined yet: add listeners, then call its `join`. A room may have several
   * handles; each works by itself.
   *
   * @throws ConnectionError `INVALID_PAYLOAD` if the name is not a string of 1 to 128 characters.
   */
  room(roomId: string): ConnectionRoom {
    if (!isName(roomId)) throw invalid("A room's name", NAME_RULE, roomId, "INVALID_PAYLOAD");
    return new ConnectionRoom(this.#host, roomId);
  }

  /** Makes a handle of a room, and joins with it: `room(roomId).join(options)`. */
  async join(roomId: string, options?: JoinOptions): Promise<ConnectionRoom> {
    return this.room(roomId).join(options);
  }

  /**
   * Sends a message of any type that the server handles; resolves with the payload of its `ack`.
   */
  async request(
    type: string,
    payload?: unknown,
    options: ConnectionRequestOptions = {},
  ): Promise<unknown> {
    return (await this.#requests.add({ type, payload }, options)).payload;
  }

  /** Makes the next attempt to connect now: one that is under way is given up. Does nothing if it is open. */
  retry(): void {
    this.#socket.wake();
  }

  /**
   * Closes the connection, or gives up the attempt, and connects anew at once, with a fresh token: after a
   * login, for example. Rooms stay joined. Throws `CLOSED` once the connection is closed for good.
   */
  reconnect(): void {
    this.#requests.assertOpen();
    this.#socket.reconnect();
  }

  /**
   * Closes for good. Requests without an answer reject with `CLOSED`. Throws `INVALID_OPTION` for a code other
   * than 1000 and 3000 to 4999, and for a reason of more than 123 bytes; nothing changes then.
   */
  close(code = 1000, reason = ""): void {
    this.#socket.close(code, reason);
  }

  /** The room is left, with an error for why. The server may have to hear of it. */
  #removeRoom(membership: Membership, error: ConnectionError, isUnheard = false): void {
    const { id, handles } = membership;
    this.#memberships.delete(id);
    membership.isJoined = false;
    membership.error = error;
    this.#joins.remove(membership);
    this.#requests.reject(error, id);
    // First: a listener may join again.
    if (isUnheard) this.#socket.send({ type: "leave_room", payload: { room_id: id } });
    for (const handle of handles) handle.onChange?.(error);
    this.#delivery.deliver({ name: "left", event: error }, handles);
  }

  #statusChanged(status: ConnectionStatus): void {
    const { state } = status;
    this.#delivery.tell("status", status);
    if (state === "open") {
      this.#isCleanStop = false;
      this.#joins.start(this.#memberships.values());
      this.#requests.flush();
    } else if (state === "closed") {
      const text = `The connection was closed: ${status.code} ${status.reason}`;
      const error = new ConnectionError("CLOSED", text);
      this.#closed.abort();
      this.#requests.close(error);
      for (const membership of this.#memberships.values()) this.#removeRoom(membership, error);
    }
  }

  /** Routes a message to the request, the room or the listeners that it is for. */
  #receive(envelope: Envelope, size: number): void {
    const { type, room, id, payload } = envelope;
    const requests = this.#requests;
    const membership = this.#memberships.get(room as string);
    // Ids that the server chose begin with "#"; all others are ours.
    const isAnswer = id && id[0] !== "#";
    const isInfo = type === "room_info";
    this.#isCleanStop = type === "reconnect";
    if (this.#isCleanStop) return;
    if (isInfo) requests.maxBytes = (payload as RoomInfo | undefined)?.max ?? requests.maxBytes;
    if (type === "pong") requests.alive();
    // An ack names no epoch: its position is one of the epoch that holds when it arrives.
    const isAwaited = isAnswer && requests.settle({ epoch: membership?.cursor.epoch, ...envelope });
    // A late answer lets us in again, too, but not to a room that was left and joined anew.
    const isIgnored = isInfo ? !isAwaited && !membership?.hasEntered : type !== "ack";
    if (isAnswer && isIgnored) return;
    if (type === "removed") {
      const error = leftError((payload as { reason: LeaveReason }).reason);
      if (membership?.isJoined) this.#removeRoom(membership, error);
      return;
    }
    const news = membership?.receive(envelope, size) ?? [];
    if (isInfo) {
      for (const handle of membership?.handles ?? []) handle.onChange?.();
      // Before the listeners of the room hear of it: what waits was sent before what they send.
      requests.flush();
    }
    const { status } = this;
    const answer = (payload: unknown) => {
      // A later connection knows nothing of the request.
      if (!id || status !== this.status) return;
      const ack = { type: "ack", id, payload };
      const text = encode(ack);
      const error = requests.tooLarge(text);
      if (error) throw error;
      this.#socket.send(ack, text);
    };
    if (type === "error") this.#delivery.tell(type, serverError(envelope));
    // Messages still arrive from a room that was just left.
    else if (!room && !isAnswer) {
      news.push({ name: type, event: envelope, message: envelope });
    }
    for (const one of news) this.#delivery.deliver(one, membership?.handles, answer);
  }
}
