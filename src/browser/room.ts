import type { Envelope, Member, Position, Stamp } from "../protocol/types.js";
import { type AbortSignalLike, abortable } from "./abort.js";
import type { Gap } from "./cursor.js";
import type { Delivery } from "./delivery.js";
import type { Unsubscribe } from "./emitter.js";
import { type ConnectionError, leftError } from "./errors.js";
import { HoldingEmitter } from "./holding-emitter.js";
import type { Membership } from "./membership.js";
import type { ConnectionRequestOptions, PendingRequests } from "./pending-requests.js";
import type { ReconnectingSocket } from "./reconnecting-socket.js";
import { type Alarm, createAlarm, type SteadyTimers } from "./timers.js";

/**
 * Events of a room beside its messages.
 *
 * @category Events, errors and statistics
 */
export interface RoomEvents {
  /** The members changed, or their number. */
  members: readonly Member[];
  /**
   * Messages are lost for this end: reload what the room shows. Comes before any later message. A
   * reconnect alone is no gap: what was missed is replayed, as far as the server still has it.
   */
  gap: Gap;
  /**
   * The room was left, and not by `leave`: the server refused to let us in again after a reconnect,
   * or removed us (`FORBIDDEN` if we may not come back, else `LEFT`), or the connection was closed.
   */
  left: ConnectionError;
}

/**
 * How to join a room.
 *
 * @category Options
 */
export interface JoinOptions {
  /**
   * A position to go on from: that of `room.position`, kept over a reload. What came after it follows, if the
   * server still has it; otherwise `last` counts, and a `gap` comes first. Null is none.
   */
  readonly since?: Position | null | undefined;
  /** How many of the last messages to get (1 to 1000), as far as the server allows. Default none. */
  readonly last?: number | undefined;
  /** Takes the join back. */
  readonly signal?: AbortSignalLike | undefined;
}

/** What a room asks of its connection. */
export interface RoomHost {
  readonly clock: SteadyTimers;
  /** Calls the listeners. */
  readonly delivery: Pick<Delivery, "run" | "failed">;
  /** Sends a message, now or when the room is joined; resolves with its answer. */
  readonly requests: Pick<PendingRequests, "add">;
  /** Sends a message that has no answer; without a connection it is dropped. */
  readonly socket: Pick<ReconnectingSocket, "send">;
  /**
   * Adds a handle to the membership of a room; the first one joins the room. Throws `CLOSED` if the connection was
   * closed.
   */
  join(id: string, handle: HoldingEmitter, options: JoinOptions): Membership;
  /** Removes a handle of a membership; the last one leaves the room. */
  leave(handle: HoldingEmitter, membership: Membership): void;
}

/**
 * Interval (ms) at which typing is sent at most, and time (ms) without a key after which it ends.
 */
const TYPING_INTERVAL = 3_000;

const NOBODY: readonly Member[] = Object.freeze([]);

/**
 * A room, and who listens to it. Once joined, reconnects keep it joined, until it is left.
 *
 * Its events: {@link RoomEvents.members | members}, {@link RoomEvents.gap | gap}, {@link RoomEvents.left | left},
 * and each type of message that the room gets.
 *
 * @example
 * ```ts
 * const room = await connection.join("general");
 * room.on("new_message", ({ sender, payload }) => show(sender?.name, payload));
 * room.on("members", (members) => show(members.map(({ name }) => name)));
 * room.on("gap", ({ from, to }) => show(`Messages ${from} to ${to ?? "?"} are missing.`));
 * room.on("left", ({ code }) => show(`Out of the room: ${code}`));
 * const { seq } = await room.send({ content: "hi" }); // the server has it
 * ```
 *
 * @category Main
 */
export class ConnectionRoom {
  /** Vue leaves an object with this alone: its proxies cannot read private members. @internal */
  readonly __v_skip = true;
  readonly #host: RoomHost;
  /** The room's name. */
  readonly id: string;
  readonly #emitter: HoldingEmitter;
  #membership: Membership | undefined;
  #position: Position | undefined;
  /** Calls of `join` that wait. */
  readonly #joins = new Set<(error?: ConnectionError) => void>();
  /** When typing was sent last; at no time if nobody types. */
  #typedAt = -Infinity;
  readonly #typing: Alarm;

  /** Use `connection.room` or `connection.join`. @internal */
  constructor(host: RoomHost, id: string) {
    this.#host = host;
    this.id = id;
    this.#emitter = new HoldingEmitter(host.delivery);
    this.#emitter.onChange = (error) => this.#changed(error);
    this.#typing = createAlarm(host.clock);
  }

  /** Current members; empty if the room does not list them. The same array until they change. */
  get members(): readonly Member[] {
    return this.#membership?.list ?? NOBODY;
  }

  /** Current number of users; undefined if the room does not say. */
  get count(): number | undefined {
    return this.#membership?.count;
  }

  /** Whether we are in the room now: false before `join`, while reconnecting, and after `leave`. */
  get isJoined(): boolean {
    return this.#isMember && this.#membership?.isJoined === true;
  }

  /**
   * How far the listeners have heard this room: keep it, to go on from there after a reload. Undefined
   * until the room has a position. The same object until it changes.
   */
  get position(): Position | undefined {
    const { epoch, seq } = this.#emitter.heldFrom ?? this.#membership?.cursor ?? {};
    if (epoch && (this.#position?.epoch !== epoch || this.#position.seq !== seq)) {
      this.#position = Object.freeze({ epoch, seq: seq as number });
    }
    return this.#position;
  }

  /**
   * Joins the room, now or once connected. Resolves when the server has let us in, rejects with its
   * error if it refuses. Reconnects join again. Does nothing if this handle has joined already; `since` and `last`
   * do nothing if any handle of the room has.
   */
  join(options: JoinOptions = {}): Promise<this> {
    return abortable(options.signal, (resolve, reject) => {
      if (!this.#isMember) {
        this.#membership = this.#host.join(this.id, this.#emitter, options);
      }
      const settle = (error?: ConnectionError) => (error ? reject(error) : resolve(this));
      if (this.#membership?.hasEntered) settle();
      else this.#joins.add(settle);
      return (error) => {
        if (this.#joins.delete(settle) && !this.#joins.size) this.leave();
        reject(error);
      };
    });
  }

  /**
   * Calls `listener` for each message of a type in this room (`new_message`, `user_typing`, your
   * own), and for `members`, `gap` and `left` ({@link RoomEvents}). What it returns or resolves to
   * is the answer if the server asks for one. Returns a function that removes the listener.
   *
   * Until the first listener for a message, messages are held, in order: at most 200 or 256 KiB of them.
   * They are handed on in a microtask; if there were more, a `gap` tells of the oldest.
   */
  on<N extends keyof RoomEvents>(name: N, listener: (event: RoomEvents[N]) => void): Unsubscribe;
  on(type: string, listener: (message: Envelope) => unknown): Unsubscribe;
  on(type: string, listener: (event: never) => void): Unsubscribe {
    return this.#emitter.on(type, listener);
  }

  /**
   * Sends a message to the others; resolves with its position and time when the server has accepted it.
   */
  async send(payload: unknown, options?: ConnectionRequestOptions): Promise<Stamp> {
    this.#endTyping();
    const {
      epoch,
      seq = 0,
      timestamp = "",
    } = await this.#request("send_message", payload, options);
    return { epoch: seq ? epoch : undefined, seq, timestamp };
  }

  /**
   * Sends a message of any type that the server handles; resolves with the payload of its `ack`.
   */
  async request(
    type: string,
    payload?: unknown,
    options?: ConnectionRequestOptions,
  ): Promise<unknown> {
    return (await this.#request(type, payload, options)).payload;
  }

  /**
   * Shows the others that we are typing. Call it at each key: it sends rarely, and ends by itself.
   */
  typing(): void {
    const now = this.#host.clock.monotonic();
    if (now - this.#typedAt >= TYPING_INTERVAL) {
      this.#typedAt = now;
      this.#say("typing");
    }
    this.#typing(() => this.stopTyping(), TYPING_INTERVAL);
  }

  /** Shows the others that we stopped typing, for example when the text was deleted. */
  stopTyping(): void {
    if (this.#endTyping() && this.isJoined) this.#say("stop_typing");
  }

  /** Ends this handle, and leaves the room with the last one. */
  leave(): void {
    this.stopTyping();
    this.#emitter.drop();
    if (this.#membership) this.#host.leave(this.#emitter, this.#membership);
    this.#changed(leftError());
  }

  /** The server has let us in; or the room is left, with an error. */
  #changed(error?: ConnectionError): void {
    if (error) this.#endTyping();
    for (const settle of this.#joins) settle(error);
    this.#joins.clear();
  }

  /** Whether this handle has joined, or waits for it. */
  get #isMember(): boolean {
    const membership = this.#membership;
    return !membership?.error && membership?.handles.has(this.#emitter) === true;
  }

  async #request(
    type: string,
    payload: unknown,
    options: ConnectionRequestOptions = {},
  ): Promise<Envelope> {
    if (!this.#isMember) throw this.#membership?.error ?? leftError();
    return this.#host.requests.add({ type, room: this.id, payload }, options);
  }

  /** Sends a message that has no answer. */
  #say(type: string): void {
    this.#host.socket.send({ type, room: this.id });
  }

  /** Forgets that we were typing; returns whether we were. */
  #endTyping(): boolean {
    const wasTyping = this.#typedAt > -Infinity;
    this.#typedAt = -Infinity;
    this.#typing();
    return wasTyping;
  }
}
