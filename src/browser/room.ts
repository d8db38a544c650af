import type { Envelope, RoomInfo, User } from "../protocol/types.js";
import type { Connection } from "./connection.js";
import { Emitter, type Unsubscribe } from "./emitter.js";
import { ConnectionError } from "./errors.js";
import type { RequestOptions } from "./requests.js";

/** What a room tells beside its messages. */
export interface RoomEvents {
  /** The members changed. */
  members: readonly User[];
  /** The server did not let us in again after a reconnect. The room is left. */
  left: ConnectionError;
}

/** Where and when one's own message was taken. */
export interface Sent {
  /** Its position in the room. */
  readonly seq: number;
  /** ISO 8601, UTC, by the server's clock. */
  readonly timestamp: string;
}

/** A sign of typing is sent this often at most, and ends by itself after the same time, in ms. */
const TYPING_INTERVAL = 3_000;

/** The error of what concerns a room that one has left. */
export function leftError(): ConnectionError {
  return new ConnectionError("LEFT", "The room was left.");
}

/** Our place in one room, shared by all handles to it. */
export class Membership {
  readonly id: string;
  readonly handles = new Set<Room>();
  readonly members = new Map<string, User>();
  /** Whether the server has let us in, on the line of now. */
  isJoined = false;
  /** While the server is asked to let us in: settles with its answer. */
  entering: Promise<unknown> | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** Keeps the members current and tells the handles. Says whether anybody listened. */
  receive(envelope: Envelope): boolean {
    const { type, payload } = envelope;
    if (type === "room_info") {
      this.members.clear();
      for (const user of (payload as RoomInfo).users) this.members.set(user.id, user);
      this.isJoined = true;
    } else if (type === "user_joined") {
      this.members.set((payload as User).id, payload as User);
    } else if (type === "user_left") {
      this.members.delete((payload as User).id);
    }
    let isHeard = false;
    const isChange = type === "room_info" || type === "user_joined" || type === "user_left";
    for (const room of [...this.handles]) {
      if (isChange) room.emitter.emit("members", room.members);
      isHeard = room.emitter.emit(type, envelope) || isHeard;
    }
    return isHeard || isChange;
  }
}

/** A room that one is in; stays so over reconnects, until it is left. */
export class Room {
  /** @internal */
  readonly emitter = new Emitter<{ [type: string]: unknown }>();
  readonly #connection: Connection;
  readonly #membership: Membership;
  #typedAt: number | undefined;
  #typingTimer: unknown;

  /** Rooms are had from `connection.join`. @internal */
  constructor(connection: Connection, membership: Membership) {
    this.#connection = connection;
    this.#membership = membership;
    membership.handles.add(this);
  }

  /** The room's name. */
  get id(): string {
    return this.#membership.id;
  }

  /** Who is in the room, kept current. A new array each time. */
  get members(): readonly User[] {
    return [...this.#membership.members.values()];
  }

  /** Whether one is in the room now: not while the line is down, nor after `leave`. */
  get isJoined(): boolean {
    return this.#membership.isJoined && this.#membership.handles.has(this);
  }

  /**
   * Calls `listener` for each message of a type in this room: `new_message`, `user_typing`, your own;
   * and for `members` and `left`, as {@link RoomEvents} says. Returns what takes the listener back.
   */
  on<N extends keyof RoomEvents>(name: N, listener: (event: RoomEvents[N]) => void): Unsubscribe;
  on(type: string, listener: (message: Envelope) => void): Unsubscribe;
  on(type: string, listener: (event: never) => void): Unsubscribe {
    return this.emitter.on(type, listener as (event: unknown) => void);
  }

  /** Sends a message to the others; resolves when the server has taken it. */
  async send(payload: unknown, options?: RequestOptions): Promise<Sent> {
    this.#endTyping();
    const { seq = 0, timestamp = "" } = await this.#ask("send_message", payload, options);
    return { seq, timestamp };
  }

  /** Sends a message of any type that the server handles; resolves with the payload of its `ack`. */
  async request(type: string, payload?: unknown, options?: RequestOptions): Promise<unknown> {
    return (await this.#ask(type, payload, options)).payload;
  }

  /** Shows the others that one is typing. Call it at each key: it sends seldom, and ends by itself. */
  typing(): void {
    const { clock } = this.#connection;
    const now = clock.now();
    if (this.#typedAt === undefined || now - this.#typedAt >= TYPING_INTERVAL) {
      this.#typedAt = now;
      this.#connection.tell({ type: "typing", room: this.id });
    }
    clock.clearTimeout(this.#typingTimer);
    this.#typingTimer = clock.setTimeout(() => this.stopTyping(), TYPING_INTERVAL);
  }

  /** Takes it back, as when the text was deleted. */
  stopTyping(): void {
    if (!this.#endTyping() || !this.isJoined) return;
    this.#connection.tell({ type: "stop_typing", room: this.id });
  }

  /** Leaves the room, if no other handle to it is left. This one is of no use any more. */
  leave(): void {
    this.stopTyping();
    this.#connection.leave(this, this.#membership);
  }

  #ask(type: string, payload: unknown, options: RequestOptions = {}): Promise<Envelope> {
    const isLeft = !this.#membership.handles.has(this) && !this.#connection.isClosed;
    if (isLeft) return Promise.reject(leftError());
    return this.#connection.ask({ type, room: this.id, payload }, options);
  }

  /** Forgets that one was typing; says whether one was. */
  #endTyping(): boolean {
    const wasTyping = this.#typedAt !== undefined;
    this.#typedAt = undefined;
    this.#connection.clock.clearTimeout(this.#typingTimer);
    return wasTyping;
  }
}
