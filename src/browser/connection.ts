import type { Envelope, ErrorPayload } from "../protocol/types.js";
import type { BackoffOptions } from "./backoff.js";
import { Emitter, type Unsubscribe } from "./emitter.js";
import { abortedError, ConnectionError } from "./errors.js";
import { Line, type LivenessOptions, type Status, type WebSocketLike } from "./line.js";
import {
  type AbortSignalLike,
  type QueueOptions,
  type RequestOptions,
  Requests,
} from "./requests.js";
import { leftError, Membership, Room } from "./room.js";
import { systemTimers, type Timers } from "./timers.js";
import { onWake } from "./wake.js";

/** How to connect. Every option has a default. */
export interface ConnectOptions {
  /**
   * Says who one is; called anew for each attempt, and sent as `?token=`. If it throws, the attempt has
   * failed and the next one follows; if what it throws has the `code` "FORBIDDEN", none does.
   */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Subprotocols to offer. */
  readonly protocols?: readonly string[];
  /** Milliseconds that the answer to a request may take. Default 10000. */
  readonly timeout?: number;
  /** How much may wait while the line is down. */
  readonly queue?: QueueOptions;
  /** How long to wait between attempts. */
  readonly backoff?: BackoffOptions;
  /** When a silent line is asked, and when it is given up. */
  readonly liveness?: LivenessOptions;
  /** The WebSocket to use; needed where the runtime has none, as in Node 20. */
  readonly WebSocket?: {
    /** Starts to connect. */
    new (url: string, protocols: string[]): WebSocketLike;
  };
  /** Where time comes from; for tests. */
  readonly clock?: Timers;
  /** A number from 0 up to 1, for the jitter; for tests. */
  readonly random?: () => number;
}

/** What a connection tells beside its messages. */
export interface ConnectionEvents {
  /** What it is doing changed. */
  status: Status;
  /** Something went wrong that no promise tells. The connection goes on. */
  error: ConnectionError;
}

/** Messages that need no listener. */
const QUIET = [
  "pong",
  "ack",
  "user_typing",
  "new_message",
  "room_info",
  "user_joined",
  "user_left",
];

/**
 * Connects to a roomcast server, and keeps connected.
 *
 * @example
 * ```ts
 * const connection = connect("wss://example.org/ws", { token: () => fetchToken() });
 * const room = await connection.join("general");
 * room.on("new_message", ({ sender, payload }) => show(sender, payload));
 * await room.send({ content: "hi" });
 * ```
 */
export function connect(url: string, options: ConnectOptions = {}): Connection {
  return new Connection(url, options);
}

/** The remote end of the wire, as a page holds it: one, over as many sockets as it takes. */
export class Connection {
  /** @internal */
  readonly clock: Timers;
  readonly #emitter = new Emitter<{ [type: string]: unknown }>();
  readonly #rooms = new Map<string, Membership>();
  readonly #line: Line;
  readonly #requests: Requests;
  readonly #stopWaking: Unsubscribe;

  /** Use {@link connect}. */
  constructor(url: string, options: ConnectOptions) {
    const WebSocket =
      options.WebSocket ??
      (globalThis as { WebSocket?: NonNullable<ConnectOptions["WebSocket"]> }).WebSocket;
    if (WebSocket === undefined) {
      throw new TypeError("There is no WebSocket in this runtime: pass one as an option.");
    }
    const { clock = systemTimers, timeout = 10_000, queue = {}, protocols = [] } = options;
    const { backoff = {}, liveness = {}, random = Math.random, token } = options;
    this.clock = clock;
    this.#requests = new Requests({
      clock,
      timeout,
      queue,
      send: (envelope) => this.#send(envelope),
    });
    const line = { url, token, protocols, WebSocket, backoff, liveness, clock, random };
    this.#line = new Line(line, {
      status: (status) => this.#changed(status),
      open: () => this.#opened(),
      message: (envelope) => this.#receive(envelope),
      lost: (code, reason) => this.#lost(code, reason),
      error: (error) => this.#emitter.emit("error", error),
    });
    this.#stopWaking = onWake(() => this.#line.wake());
    // Not before the caller has had a chance to listen.
    queueMicrotask(() => {
      if (this.status.state === "connecting") this.#line.connect();
    });
  }

  /** Whether it is closed for good. @internal */
  get isClosed(): boolean {
    return this.status.state === "closed";
  }

  /** What it is doing now. */
  get status(): Status {
    return this.#line.status;
  }

  /**
   * Calls `listener` for each message of a type that concerns no room one is in, and for `status` and
   * `error`, as {@link ConnectionEvents} says. Returns what takes the listener back.
   */
  on<N extends keyof ConnectionEvents>(
    name: N,
    listener: (event: ConnectionEvents[N]) => void,
  ): Unsubscribe;
  on(type: string, listener: (message: Envelope) => void): Unsubscribe;
  on(type: string, listener: (event: never) => void): Unsubscribe {
    return this.#emitter.on(type, listener as (event: unknown) => void);
  }

  /**
   * Joins a room, now or as soon as the line is up; resolves when the server has let us in, rejects with
   * its error if it does not. Over reconnects one stays in. The same room may be joined again: each
   * handle works by itself.
   */
  join(roomId: string, { signal }: { signal?: AbortSignalLike } = {}): Promise<Room> {
    if (signal?.aborted) return Promise.reject(abortedError());
    let membership = this.#rooms.get(roomId);
    if (membership === undefined) {
      membership = new Membership(roomId);
      this.#rooms.set(roomId, membership);
      this.#enter(membership);
    }
    const room = new Room(this, membership);
    const entering = membership.entering ?? Promise.resolve();
    return new Promise((resolve, reject) => {
      const abort = () => {
        room.leave();
        reject(abortedError());
      };
      signal?.addEventListener("abort", abort);
      entering
        .then(() => resolve(room), reject)
        .finally(() => signal?.removeEventListener("abort", abort));
    });
  }

  /** Sends a message of any type that the server handles; resolves with the payload of its `ack`. */
  async request(type: string, payload?: unknown, options: RequestOptions = {}): Promise<unknown> {
    return (await this.ask({ type, payload }, options)).payload;
  }

  /** Tries again at once, if it waits for the next attempt. */
  retry(): void {
    this.#line.wake();
  }

  /** Closes for good. What is not answered rejects with `CLOSED`. */
  close(code = 1000, reason = ""): void {
    this.#line.close(code, reason);
  }

  /** Asks; resolves with the whole answer. @internal */
  ask(envelope: Envelope, options: RequestOptions, isUrgent = false): Promise<Envelope> {
    const { status } = this;
    if (status.state === "closed") return Promise.reject(closedError(status.reason));
    return this.#requests.ask(envelope, options, isUrgent);
  }

  /** Sends what needs no answer; without a line it is of no use, and left out. @internal */
  tell(envelope: Envelope): void {
    this.#line.send(envelope);
  }

  /** Lets go of one handle; with the last one, of the room. @internal */
  leave(room: Room, membership: Membership): void {
    if (!membership.handles.delete(room) || membership.handles.size > 0) return;
    this.#rooms.delete(membership.id);
    this.#requests.reject(leftError(), membership.id);
    this.tell({ type: "leave_room", payload: { room_id: membership.id } });
  }

  /** Asks to be let into a room, until there is an answer: over reconnects, if need be. */
  #enter(membership: Membership): void {
    const { id } = membership;
    const join: Envelope = { type: "join_room", room: id, payload: { room_id: id } };
    membership.entering = this.ask(join, {}, true)
      .catch((error: ConnectionError) => {
        this.#expel(membership, error);
        throw error;
      })
      .finally(() => {
        membership.entering = undefined;
      });
    // Whoever waits for it hears of it; after a reconnect nobody does, and `left` tells.
    membership.entering.catch(() => {});
  }

  #expel(membership: Membership, error: ConnectionError): void {
    if (this.#rooms.get(membership.id) === membership) this.#rooms.delete(membership.id);
    membership.isJoined = false;
    this.#requests.reject(error, membership.id);
    const handles = [...membership.handles];
    membership.handles.clear();
    for (const { emitter } of handles) emitter.emit("left", error);
  }

  #send(envelope: Envelope): boolean {
    const { type, room } = envelope;
    // What concerns a room waits until one is in it again.
    const isOutside = room !== undefined && this.#rooms.get(room)?.isJoined === false;
    return (type === "join_room" || !isOutside) && this.#line.send(envelope);
  }

  #opened(): void {
    for (const membership of this.#rooms.values()) {
      if (membership.entering === undefined) this.#enter(membership);
    }
    this.#requests.flush();
  }

  #lost(code: number, reason: string): void {
    for (const membership of this.#rooms.values()) membership.isJoined = false;
    this.#requests.lost(code, reason);
  }

  #changed(status: Status): void {
    if (status.state === "closed") {
      this.#stopWaking();
      const error = closedError(status.reason);
      for (const membership of [...this.#rooms.values()]) this.#expel(membership, error);
      this.#requests.reject(error);
    }
    this.#emitter.emit("status", status);
  }

  #receive(envelope: Envelope): void {
    try {
      this.#hand(envelope);
    } catch (cause) {
      const text = `The ${envelope.type} of the server is malformed.`;
      this.#emitter.emit("error", new ConnectionError("INVALID_MESSAGE", text, { cause }));
    }
  }

  /** Hands a message to whom it concerns. */
  #hand(envelope: Envelope): void {
    const { type, room, payload } = envelope;
    const isAnswer = this.#requests.answer(envelope);
    if (isAnswer && type !== "room_info") return;
    const isHeard = room !== undefined && this.#rooms.get(room)?.receive(envelope);
    if (type === "room_info") this.#requests.flush();
    if (isAnswer || isHeard) return;
    if (type === "error") {
      const { code, message } = payload as ErrorPayload;
      this.#emitter.emit("error", new ConnectionError(code, message));
    } else if (!this.#emitter.emit(type, envelope) && !QUIET.includes(type)) {
      const text = `Nobody listens for "${type}".`;
      this.#emitter.emit("error", new ConnectionError("UNKNOWN_TYPE", text));
    }
  }
}

function closedError(reason: string): ConnectionError {
  return new ConnectionError("CLOSED", `The connection is closed${reason && `: ${reason}`}.`);
}
