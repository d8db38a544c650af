import type { Client } from "./client.js";
import type { Clock } from "./clock.js";
import type { User } from "./protocol/types.js";
import type { Room } from "./room.js";

/** An indicator that is not renewed goes out after this many milliseconds. */
const EXPIRES_AFTER = 5_000;

/**
 * Who is typing where. A room is told of the change only: when it starts, and when it ends, be it by
 * a stop, a message, a departure, or by silence.
 */
export class Typing<U extends User, D> {
  readonly #clock: Clock;
  /** Per client and room the timer that ends the indicator. */
  readonly #timers = new Map<Client<U, D>, Map<Room<U, D>, unknown>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts an indicator, or renews it. */
  start(client: Client<U, D>, room: Room<U, D>): void {
    const wasTyping = this.#clear(client, room);
    let rooms = this.#timers.get(client);
    if (rooms === undefined) {
      rooms = new Map();
      this.#timers.set(client, rooms);
    }
    rooms.set(
      room,
      this.#clock.setTimeout(() => this.stop(client, room), EXPIRES_AFTER),
    );
    if (!wasTyping) this.#tell(client, room, true);
  }

  /** Ends an indicator, if there is one. */
  stop(client: Client<U, D>, room: Room<U, D>): void {
    if (this.#clear(client, room)) this.#tell(client, room, false);
  }

  #clear(client: Client<U, D>, room: Room<U, D>): boolean {
    const rooms = this.#timers.get(client);
    if (rooms === undefined || !rooms.has(room)) return false;
    this.#clock.clearTimeout(rooms.get(room));
    rooms.delete(room);
    if (rooms.size === 0) this.#timers.delete(client);
    return true;
  }

  #tell(client: Client<U, D>, room: Room<U, D>, typing: boolean): void {
    room.announce("user_typing", { typing }, { except: client, from: client });
  }
}
