import type { Client } from "./client.js";
import { deliver } from "./delivery/deliver.js";
import { Message } from "./delivery/message.js";
import type { Hub } from "./hub.js";
import type { RoomInfo, User } from "./protocol/types.js";

/** Who is left out of a broadcast, and in whose name it goes. */
export interface BroadcastOptions<U extends User = User, D = Record<string, unknown>> {
  /** Left out: one client or several. */
  readonly except?: Client<U, D> | Iterable<Client<U, D>> | undefined;
  /** Stamped on the message as `sender`, from this client's user. */
  readonly from?: Client<U, D> | undefined;
}

/** Where and when a message was sent, as its receivers see it. */
export interface Stamp {
  /** Its position in the room; 0 if nobody was there. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
}

/**
 * A named set of clients.
 *
 * A Room may be held for as long as you like, also while nobody is in it: it always stands for
 * whoever is in the room of that name now.
 */
export class Room<U extends User = User, D = Record<string, unknown>> {
  /** The room's name. */
  readonly id: string;
  readonly #hub: Hub<U, D>;
  readonly #clients = new Set<Client<U, D>>();
  #seq = 0;

  /** Rooms are had from `hub.room(id)`. @internal */
  constructor(hub: Hub<U, D>, id: string) {
    this.#hub = hub;
    this.id = id;
  }

  /** The clients in the room, in the order in which they joined. */
  get clients(): ReadonlySet<Client<U, D>> {
    return this.#live.#clients;
  }

  /** The distinct users in the room, in the order in which they joined. A new array each time. */
  get members(): U[] {
    return this.#live.#firsts().map(({ user }) => user);
  }

  /** How many clients are in the room. A user with two tabs counts twice; see {@link members}. */
  get size(): number {
    return this.#live.#clients.size;
  }

  /** Whether nobody is in the room. */
  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** The position of the last message; 0 in a room that nobody is in. */
  get seq(): number {
    return this.#live.#seq;
  }

  /** Whether this client is in the room. */
  has(client: Client<U, D>): boolean {
    return this.#live.#clients.has(client);
  }

  /**
   * Sends a message to everyone in the room, at the end of this turn. Nobody there is no error.
   *
   * @returns the position and time that the message was stamped with.
   * @throws TypeError if `payload` cannot be written as JSON; nothing is sent then.
   *
   * @example
   * ```ts
   * hub.room("general").broadcast("new_message", { content: "The deploy is done." });
   * ```
   */
  broadcast(type: string, payload?: unknown, options: BroadcastOptions<U, D> = {}): Stamp {
    const live = this.#live;
    const seq = live.isEmpty ? 0 : live.#seq + 1;
    const timestamp = this.#hub.timestamp();
    const sender = options.from?.sender;
    const message = new Message({ type, room: this.id, payload, sender, timestamp, seq });
    live.#seq = seq;
    deliver(message, live.#clients, options.except);
    return { seq, timestamp };
  }

  /**
   * Sends what is true for the moment only (who joined, who types): it has no position, so missing
   * it is no gap. @internal
   */
  announce(type: string, payload: unknown, options: BroadcastOptions<U, D>, lingers = false): void {
    const timestamp = this.#hub.timestamp();
    const sender = options.from?.sender;
    const message = new Message({ type, room: this.id, payload, sender, timestamp });
    deliver(message, this.#live.#clients, options.except, lingers);
  }

  /** Puts a client in; the hub's part is done. @internal */
  add(client: Client<U, D>): void {
    const isNewcomer = !this.#hasUser(client.user.id);
    this.#clients.add(client);
    client.memberships.set(this.id, this);
    if (!isNewcomer) return;
    this.announce("user_joined", client.sender, { except: client }, this.#hub.isCrowded());
  }

  /** Takes a client out. @internal */
  remove(client: Client<U, D>): void {
    this.#clients.delete(client);
    client.memberships.delete(this.id);
    if (this.#clients.size === 0) this.#seq = 0;
    // When the hub closes, everybody leaves, and nobody needs to hear it of everybody else.
    if (this.#hub.isClosing || this.#hasUser(client.user.id)) return;
    this.announce("user_left", client.sender, {}, this.#hub.isCrowded());
  }

  /** Tells one client who is here, in answer to the message with that id. @internal */
  sendInfo(client: Client<U, D>, type: "room_info" | "online_users", id?: string): void {
    const users = this.#live.#firsts().map(({ sender }) => sender);
    const payload: RoomInfo = { room_id: this.id, users, count: users.length };
    client.answer({ type, room: this.id, payload, id, seq: this.seq });
  }

  /** Of each user here, the client that came first. */
  #firsts(): Client<U, D>[] {
    const clients = [...this.#clients];
    // The usual case, where nobody at all is there twice.
    if (this.#hub.onlineCount === this.#hub.clients.size) return clients;
    const seen = new Set<string>();
    return clients.filter(({ user }) => !seen.has(user.id) && seen.add(user.id));
  }

  /** The room that the hub has under this name; this one, if it has none. */
  get #live(): Room<U, D> {
    return this.#hub.rooms.get(this.id) ?? this;
  }

  #hasUser(userId: string): boolean {
    return this.#hub.users.isAnyIn(userId, this.#clients);
  }
}
