import type { AnyClient } from "../client.js";
import type { Context } from "../context.js";
import { senderOf } from "../protocol/envelope.js";
import { Deadline } from "../util/deadline.js";
import { keyOf, Pace } from "./pace.js";
import type { RoomState } from "./room-state.js";
import type { Users } from "./users.js";

/** How long (ms) an indicator that is not renewed stays on. */
const EXPIRES_AFTER = 5_000;

/**
 * Typing indicators. The other users in a room are told of changes only: when a user starts, on whichever
 * connection, and when the last one ends, by a stop, a message, leaving, or silence. A user who starts and stops
 * all the time is told of twice a second.
 */
export class Typing {
  readonly #context: Context;
  readonly #users: Users;
  /** Per client and room the end of the indicator. */
  readonly #deadlines = new Map<AnyClient, Map<RoomState, Deadline>>();
  readonly #pace: Pace;

  constructor(context: Context, users: Users) {
    this.#context = context;
    this.#users = users;
    this.#pace = new Pace(context.clock);
  }

  /** Starts an indicator, or renews it. */
  start(client: AnyClient, state: RoomState): void {
    const wasTyping = this.#isTyping(client, state);
    this.#clear(client, state);
    let rooms = this.#deadlines.get(client);
    if (rooms === undefined) {
      rooms = new Map();
      this.#deadlines.set(client, rooms);
    }
    const { clock } = this.#context;
    rooms.set(state, new Deadline(clock, EXPIRES_AFTER, () => this.stop(client, state)));
    if (!wasTyping) this.#changed(client, state);
  }

  /** Ends an indicator, if there is one. */
  stop(client: AnyClient, state: RoomState): void {
    if (this.#end(client, state)) this.#changed(client, state);
  }

  /** The same for a client that sends a message: the others are told with it. */
  sent(client: AnyClient, state: RoomState): void {
    if (!this.#end(client, state)) return;
    this.#pace.told(keyOf(state.id, client.identity.id));
    this.#announce(client, state);
  }

  /** The hub closes: nobody is told any more. */
  clear(): void {
    this.#pace.stop();
  }

  /** Returns whether its user was typing, and is no more. */
  #end(client: AnyClient, state: RoomState): boolean {
    if (this.#deadlines.size === 0) return false;
    return this.#clear(client, state) && !this.#isTyping(client, state);
  }

  #clear(client: AnyClient, state: RoomState): boolean {
    const rooms = this.#deadlines.get(client);
    if (rooms === undefined || !rooms.has(state)) return false;
    rooms.get(state)?.clear();
    rooms.delete(state);
    if (rooms.size === 0) this.#deadlines.delete(client);
    return true;
  }

  /** Whether the client's user is typing in a room, on any connection. */
  #isTyping(client: AnyClient, state: RoomState): boolean {
    for (const sibling of this.#users.clientsOf(client.identity.id)) {
      if (this.#deadlines.get(sibling)?.has(state)) return true;
    }
    return false;
  }

  #changed(client: AnyClient, state: RoomState): void {
    // A room that does not show its members does not show who types there, either.
    if (this.#context.isClosing || state.kind.visibility.show !== "members") return;
    const tell = () => this.#announce(client, state);
    if (this.#pace.mayTell(keyOf(state.id, client.identity.id), tell)) tell();
  }

  /** Tells the others whether a client's user is typing. */
  #announce(client: AnyClient, state: RoomState): void {
    if (this.#context.isClosing || state.kind.visibility.show !== "members") return;
    const announcement = {
      type: "user_typing",
      payload: { typing: this.#isTyping(client, state) },
      sender: senderOf(client),
    } as const;
    const excluded = this.#users.clientsOf(client.identity.id);
    state.announce(announcement, this.#context.timestamp(), excluded);
  }
}
