import type { Envelope, Member } from "../protocol/types.js";
import type { Connection } from "./connection.js";
import { Emitter, type Unsubscribe } from "./emitter.js";
import { type ConnectionError, leftError } from "./errors.js";
import type { Membership } from "./membership.js";
import type { Gap } from "./position.js";
import type { RequestOptions } from "./requests.js";
import { Alarm } from "./timers.js";

/** What a room tells beside its messages. */
export interface RoomEvents {
  /** The members changed, or how many there are. */
  members: readonly Member[];
  /**
   * Messages are lost for us: reload what the room shows. Comes before any later message. A reconnect
   * alone is no gap: what was missed meanwhile follows, as long as the server has it.
   */
  gap: Gap;
  /**
   * The room is left, and not by us: the server did not let us in again after a reconnect, or took us out
   * (`FORBIDDEN` if we are not to come back, else `LEFT`), or the connection is closed.
   */
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

/** A room that one is in; stays so over reconnects, until it is left. */
export class Room {
  /** @internal */
  readonly emitter: Emitter;
  readonly #connection: Connection;
  readonly #membership: Membership;
  /** When the others were told last that one is typing; 0 if one is not. */
  #typedAt = 0;
  readonly #typing: Alarm;

  /** Rooms are had from `connection.join`. @internal */
  constructor(connection: Connection, membership: Membership) {
    this.emitter = new Emitter(connection.listenerFailed);
    this.#connection = connection;
    this.#membership = membership;
    this.#typing = new Alarm(connection.clock);
    membership.handles.add(this);
    this.on("left", () => this.#endTyping());
  }

  /** The room's name. */
  get id(): string {
    return this.#membership.id;
  }

  /** Who is in the room, kept current; nobody where the room does not say. A new array each time. */
  get members(): readonly Member[] {
    return [...this.#membership.members.values()];
  }

  /** How many users are in the room, kept current; undefined where the room does not say. */
  get count(): number | undefined {
    return this.#membership.count;
  }

  /** Whether one is in the room now: not while the line is down, nor after `leave`. */
  get isJoined(): boolean {
    return this.#membership.isJoined && this.#membership.handles.has(this);
  }

  /**
   * Calls `listener` for each message of a type in this room: `new_message`, `user_typing`, your own;
   * and for `members`, `gap` and `left`, as {@link RoomEvents} says. What it returns, now or later, is the
   * answer where the server asks for one. Returns what takes the listener back.
   */
  on<N extends keyof RoomEvents>(name: N, listener: (event: RoomEvents[N]) => void): Unsubscribe;
  on(type: string, listener: (message: Envelope) => unknown): Unsubscribe;
  on(type: string, listener: (event: never) => void): Unsubscribe {
    return this.emitter.on(type, listener);
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
    const now = this.#connection.clock.now();
    if (now - this.#typedAt >= TYPING_INTERVAL) {
      this.#typedAt = now;
      this.#connection.tell({ type: "typing", room: this.id });
    }
    this.#typing.set(() => this.stopTyping(), TYPING_INTERVAL);
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

  async #ask(type: string, payload: unknown, options: RequestOptions = {}): Promise<Envelope> {
    const { handles, error = leftError() } = this.#membership;
    if (!handles.has(this)) throw error;
    return this.#connection.ask({ type, room: this.id, payload }, options);
  }

  /** Forgets that one was typing; says whether one was. */
  #endTyping(): boolean {
    const wasTyping = this.#typedAt > 0;
    this.#typedAt = 0;
    this.#typing.clear();
    return wasTyping;
  }
}
