import type { Envelope } from "../protocol/types.js";
import { type AbortSignalLike, abortable } from "./abort.js";
import { Emitter, type Unsubscribe } from "./emitter.js";
import { ConnectionError, leftError, serverError } from "./errors.js";
import { Line, type Status } from "./line.js";
import { Membership } from "./membership.js";
import type { ConnectOptions } from "./options.js";
import { type RequestOptions, Requests } from "./requests.js";
import { Room } from "./room.js";
import { systemTimers, type Timers } from "./timers.js";
import { onWake } from "./wake.js";

/** What a connection tells beside its messages. */
export interface ConnectionEvents {
  /** What it is doing changed. */
  status: Status;
  /** Something went wrong that no promise tells. The connection goes on. */
  error: ConnectionError;
}

/** Messages that need no listener. */
const QUIET = ["pong", "user_typing", "new_message"];

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
  /** A listener failed. A listener of `error` that fails is not asked again. @internal */
  readonly listenerFailed = (name: string, cause: unknown): void => {
    const text = `A listener of "${name}" failed.`;
    const error = new ConnectionError("LISTENER_FAILED", text, { cause });
    if (name === "error" || !this.#emitter.emit("error", error).length) console.error(error);
  };
  readonly #emitter = new Emitter(this.listenerFailed);
  readonly #rooms = new Map<string, Membership>();
  readonly #line: Line;
  readonly #requests: Requests;
  readonly #ended = new AbortController();

  /** Use {@link connect}. */
  constructor(url: string, options: ConnectOptions) {
    this.clock = options.clock ?? systemTimers;
    this.#requests = new Requests(this.clock, options, (envelope) => this.#send(envelope));
    this.#line = new Line(this.clock, url, options, {
      status: (status) => this.#changed(status),
      message: (envelope) => this.#receive(envelope),
      lost: (code, reason) => this.#lost(code, reason),
      error: (error) => this.#emitter.emit("error", error),
    });
    onWake(() => this.#line.wake(), this.#ended);
    // Not before the caller has had a chance to listen.
    queueMicrotask(() => {
      if (this.status.state === "connecting") this.#line.connect();
    });
  }

  /** What it is doing now. */
  get status(): Status {
    return this.#line.status;
  }

  /**
   * Calls `listener` for each message of a type that concerns no room one is in, and for `status` and
   * `error`, as {@link ConnectionEvents} says. What it returns, now or later, is the answer where the
   * server asks for one. Returns what takes the listener back.
   */
  on<N extends keyof ConnectionEvents>(
    name: N,
    listener: (event: ConnectionEvents[N]) => void,
  ): Unsubscribe;
  on(type: string, listener: (message: Envelope) => unknown): Unsubscribe;
  on(type: string, listener: (event: never) => void): Unsubscribe {
    return this.#emitter.on(type, listener);
  }

  /**
   * Joins a room, now or as soon as the line is up; resolves when the server has let us in, rejects with
   * its error if it does not. Over reconnects one stays in. The same room may be joined again: each
   * handle works by itself.
   */
  join(roomId: string, { signal }: { signal?: AbortSignalLike } = {}): Promise<Room> {
    return abortable(signal, (resolve, reject) => {
      const membership = this.#rooms.get(roomId) ?? new Membership(roomId);
      const room = new Room(this, membership);
      room.on("room_info", () => resolve(room));
      room.on("left", reject);
      if (membership.isJoined) resolve(room);
      if (!this.#rooms.has(roomId)) {
        this.#rooms.set(roomId, membership);
        this.#enter(membership);
      }
      return (error) => {
        room.leave();
        reject(error);
      };
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
  ask(envelope: Envelope, options: RequestOptions): Promise<Envelope> {
    return this.#requests.ask(envelope, options);
  }

  /** Sends what needs no answer; without a line it is of no use, and left out. @internal */
  tell(envelope: Envelope): void {
    this.#line.send(envelope);
  }

  /** Lets go of one handle; with the last one, of the room. @internal */
  leave(room: Room, membership: Membership): void {
    if (!membership.handles.delete(room) || membership.handles.size > 0) return;
    this.#expel(membership, leftError());
    this.#quit(membership.id);
  }

  /** Asks to be let into a room, if there is a line; each line that opens asks anew. */
  #enter(membership: Membership): void {
    const { id, progress } = membership;
    const payload = { room_id: id, since: progress.epoch && progress };
    const join: Envelope = { type: "join_room", room: id, payload };
    this.#requests.ask(join, {}, 0).catch((error: ConnectionError) => {
      const isLineDown = ["CONNECTION_LOST", "QUEUE_FULL"].includes(error.code);
      const isCurrent = this.#rooms.get(id) === membership;
      if (!isCurrent || isLineDown) return;
      this.#expel(membership, error);
      // The server may let us in yet, and we have stopped waiting.
      if (error.code === "TIMEOUT") this.#quit(id);
    });
  }

  #quit(room_id: string): void {
    this.tell({ type: "leave_room", payload: { room_id } });
  }

  #expel(membership: Membership, error: ConnectionError): void {
    this.#rooms.delete(membership.id);
    membership.isJoined = false;
    membership.error = error;
    this.#requests.reject(error, membership.id);
    const handles = [...membership.handles];
    membership.handles.clear();
    for (const { emitter } of handles) emitter.emit("left", error);
  }

  #send(envelope: Envelope): boolean {
    const { type, room } = envelope;
    // What concerns a room waits until one is in it again.
    const isOutside = this.#rooms.get(room as string)?.isJoined === false;
    return (type === "join_room" || !isOutside) && this.#line.send(envelope);
  }

  #lost(code: number, reason: string): void {
    for (const membership of this.#rooms.values()) membership.isJoined = false;
    this.#requests.lost(code, reason);
  }

  #changed(status: Status): void {
    if (status.state === "open") {
      for (const membership of this.#rooms.values()) this.#enter(membership);
      this.#requests.flush();
    } else if (status.state === "closed") {
      this.#ended.abort();
      const { reason } = status;
      const text = `The connection is closed${reason && `: ${reason}`}.`;
      const error = new ConnectionError("CLOSED", text);
      this.#requests.end = error;
      for (const membership of this.#rooms.values()) this.#expel(membership, error);
      this.#requests.reject(error);
    }
    this.#emitter.emit("status", status);
  }

  /** Hands a message to whom it concerns. */
  #receive(envelope: Envelope): void {
    const { type, room, id, payload } = envelope;
    const membership = this.#rooms.get(room as string);
    // The ids that the server chose begin with "#"; all others are ours.
    if (id && id[0] !== "#") {
      const isAwaited = this.#requests.answer(envelope);
      if (type === "ack" || (isAwaited && type === "room_info")) membership?.receive(envelope);
      if (type === "room_info") this.#requests.flush();
    } else if (type === "removed") {
      if (!membership?.isJoined) return;
      const { reason } = payload as { reason: string };
      const code = reason === "kicked" ? "FORBIDDEN" : "LEFT";
      this.#expel(membership, new ConnectionError(code, `Taken out: ${reason}.`));
    } else if (type === "reconnect") {
      this.#line.delay = (payload as { delay: number }).delay;
    } else {
      const results = membership?.receive(envelope) ?? this.#emit(envelope, membership);
      if (id && results.length) void this.#answer(id, results);
    }
  }

  /** Tells what no listener of a room heard. */
  #emit(envelope: Envelope, membership: Membership | undefined): Promise<unknown>[] {
    const { type, room } = envelope;
    if (type === "error") return this.#emitter.emit(type, serverError(envelope));
    const results = this.#emitter.emit(type, envelope);
    // What still comes from a room that one has left is nobody's mistake.
    const isExpected = QUIET.includes(type) || (room && !membership?.isJoined);
    if (!results.length && !isExpected) {
      const error = new ConnectionError("UNKNOWN_TYPE", `No listener for "${type}".`);
      this.#emitter.emit("error", error);
    }
    return results;
  }

  /** Answers the server with the first value that a listener returned; not at all, if one failed. */
  async #answer(id: string, results: Promise<unknown>[]): Promise<void> {
    const { status } = this;
    // A listener that failed is reported by the emitter.
    const values = await Promise.all(results).catch(() => undefined);
    // Another line knows nothing of the question.
    if (values && status === this.status) {
      this.tell({ type: "ack", id, payload: values.find((value) => value !== undefined) });
    }
  }
}
