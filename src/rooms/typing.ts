import type { AnyClient } from "../client.js";
import type { Context } from "../context.js";
import { senderOf } from "../protocol/envelope.js";
import { Deadline } from "../util/deadline.js";
import type { RoomState } from "./room-state.js";
import type { Users } from "./users.js";

/** How long (ms) an indicator that is not renewed stays on. */
const EXPIRES_AFTER = 5_000;

/**
 * Typing indicators. The other users in a room are told of changes only: when a user starts, on whichever
 * connection, and when the last one ends, by a stop, a message, leaving, or silence.
 */
export class Typing {
  readonly #context: Context;
  readonly #users: Users;
  /** Per client and room the end of the indicator. */
  readonly #deadlines = new Map<AnyClient, Map<RoomState, Deadline>>();

  constructor(context: Context, users: Users) {
    this.#context = context;
    this.#users = users;
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
    if (!wasTyping) this.#announce(client, state, true);
  }

  /** Ends an indicator, if there is one. */
  stop(client: AnyClient, state: RoomState): void {
    if (this.#deadlines.size === 0) return;
    const wasOn = this.#clear(client, state);
    if (wasOn && !this.#isTyping(client, state)) this.#announce(client, state, false);
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

  #announce(client: AnyClient, state: RoomState, typing: boolean): void {
    // A room that does not show its members does not show who types there, either.
    if (this.#context.isClosing || state.kind.visibility.show !== "members") return;
    const announcement = {
      type: "user_typing",
      payload: { typing },
      sender: senderOf(client),
    } as const;
    const excluded = this.#users.clientsOf(client.identity.id);
    state.announce(announcement, this.#context.timestamp(), excluded);
  }
}
