import type { Client } from "../client.js";
import type { Hub } from "../hub.js";
import type { User } from "../protocol/types.js";
import type { Room } from "../room.js";

/** An indicator that is not renewed goes out after this many milliseconds. */
const EXPIRES_AFTER = 5_000;

/**
 * Who is typing where. The other users in a room are told of the change only: when a user starts, on
 * whichever connection, and when the last one ends, be it by a stop, a message, a departure, or silence.
 */
export class Typing<U extends User, D> {
  readonly #hub: Hub<U, D>;
  /** Per client and room the timer that ends the indicator. */
  readonly #timers = new Map<Client<U, D>, Map<Room<U, D>, unknown>>();

  constructor(hub: Hub<U, D>) {
    this.#hub = hub;
  }

  /** Starts an indicator, or renews it. */
  start(client: Client<U, D>, room: Room<U, D>): void {
    const wasTyping = this.#isTyping(client, room);
    this.#clear(client, room);
    let rooms = this.#timers.get(client);
    if (rooms === undefined) {
      rooms = new Map();
      this.#timers.set(client, rooms);
    }
    const { clock } = this.#hub.settings;
    rooms.set(
      room,
      clock.setTimeout(() => this.stop(client, room), EXPIRES_AFTER),
    );
    if (!wasTyping) this.#tell(client, room, true);
  }

  /** Ends an indicator, if there is one. */
  stop(client: Client<U, D>, room: Room<U, D>): void {
    const wasOn = this.#clear(client, room);
    if (wasOn && !this.#isTyping(client, room)) this.#tell(client, room, false);
  }

  #clear(client: Client<U, D>, room: Room<U, D>): boolean {
    const rooms = this.#timers.get(client);
    if (rooms === undefined || !rooms.has(room)) return false;
    this.#hub.settings.clock.clearTimeout(rooms.get(room));
    rooms.delete(room);
    if (rooms.size === 0) this.#timers.delete(client);
    return true;
  }

  /** Whether the client's user is typing in a room, on any connection. */
  #isTyping(client: Client<U, D>, room: Room<U, D>): boolean {
    for (const sibling of this.#hub.users.clientsOf(client.user.id)) {
      if (this.#timers.get(sibling)?.has(room)) return true;
    }
    return false;
  }

  #tell(client: Client<U, D>, room: Room<U, D>, typing: boolean): void {
    // A room that does not say who is in it does not say who types there, either.
    if (this.#hub.isClosing || room.presence.show !== "members") return;
    const except = this.#hub.users.clientsOf(client.user.id);
    room.announce("user_typing", { typing }, { except, from: client });
  }
}
