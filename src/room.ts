import type { Client } from "./client.js";
import { deliver } from "./delivery/fan-out.js";
import { skipped } from "./delivery/lag.js";
import { checkPolicy, checkType, type Policy } from "./delivery/lag-policy.js";
import { type Fate, Message } from "./delivery/message.js";
import type { Past } from "./history/history.js";
import type { Hub } from "./hub.js";
import type { Member, Position, RoomInfo, User } from "./protocol/types.js";
import type { Ghost, PresenceOptions } from "./rooms/presence.js";
import type { Receipts } from "./rooms/receipts.js";
import type { RequestOptions } from "./rooms/requests.js";

/** Who is left out of a broadcast, and in whose name it goes. */
export interface BroadcastOptions<U extends User = User, D = Record<string, unknown>> {
  /** Left out: one client or several. */
  readonly except?: Client<U, D> | Iterable<Client<U, D>> | undefined;
  /** Stamped on the message as `sender`, from this client's user. */
  readonly from?: Client<U, D> | undefined;
  /** What becomes of it where a client lags. Default "queue". */
  readonly policy?: Policy | undefined;
}

/** How a room is told something. */
export interface RoomBroadcastOptions<U extends User = User, D = Record<string, unknown>>
  extends BroadcastOptions<U, D> {
  /**
   * True for what holds for the moment only: it has no position and is not kept, and a client that lags
   * does not get it. Messages with the policy "drop" or `latest` are always so. Default false.
   */
  readonly ephemeral?: boolean | undefined;
}

/** Where and when a message was sent, as its receivers see it. */
export interface Stamp {
  /** Its position in the room; 0 if it has none: it is ephemeral, or nobody was there and nothing is kept. */
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
  /** What was said here; undefined for a room that the hub does not have. Kept by Rooms. @internal */
  past: Past | undefined;
  /** What is shown of who is here. @internal */
  readonly presence: Required<PresenceOptions>;
  /** Members who may come back, by user. Kept by Presence. @internal */
  ghosts: Map<string, Ghost<U>> | undefined;
  readonly #hub: Hub<U, D>;
  readonly #clients = new Set<Client<U, D>>();

  /** Rooms are had from `hub.room(id)`. @internal */
  constructor(hub: Hub<U, D>, id: string) {
    this.#hub = hub;
    this.id = id;
    this.presence = hub.settings.presence(id);
  }

  /** The clients in the room, in the order in which they joined. */
  get clients(): ReadonlySet<Client<U, D>> {
    return this.#live.#clients;
  }

  /**
   * The distinct users in the room, in the order in which they joined; last, those who lost their
   * connection and may yet come back. A new array each time.
   */
  get members(): U[] {
    const { ghosts } = this.#live;
    const users = this.#live.#firsts().map(({ user }) => user);
    if (ghosts !== undefined) for (const { user } of ghosts.values()) users.push(user);
    return users;
  }

  /** How many clients are in the room. A user with two tabs counts twice; see {@link members}. */
  get size(): number {
    return this.#live.#clients.size;
  }

  /** Whether nobody is in the room. */
  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** The number of the last message; 0 in a room that nobody is in, and that keeps nothing. */
  get seq(): number {
    return this.#live.past?.position.seq ?? 0;
  }

  /** How far the room has got; undefined for a room that nobody is in, and that keeps nothing. */
  get position(): Position | undefined {
    const position = this.#live.past?.position;
    return position && { epoch: position.epoch, seq: position.seq };
  }

  /** Whether this client is in the room. */
  has(client: Client<U, D>): boolean {
    return this.#live.#clients.has(client);
  }

  /**
   * Sends a message to everyone in the room, at the end of this turn. Nobody there is no error.
   *
   * @returns the position and time that the message was stamped with.
   * @throws RoomcastError `INVALID_OPTION` for a type that the protocol has for itself, or an option that
   * cannot work; TypeError if `payload` cannot be written as JSON. Nothing is sent then.
   *
   * @example
   * ```ts
   * hub.room("general").broadcast("new_message", { content: "The deploy is done." });
   * ```
   */
  broadcast(type: string, payload?: unknown, options: RoomBroadcastOptions<U, D> = {}): Stamp {
    checkType(type);
    const fate = fateOf(options);
    const timestamp = this.#hub.timestamp();
    if (fate === "lasting") return this.#say(type, payload, options, timestamp, false);
    this.#tell(type, payload, options, timestamp, fate);
    return { seq: 0, timestamp };
  }

  /**
   * Asks everyone in the room, and yields what became of it for each, as it comes: an answer, none in
   * time, or that the client left. Never throws. Leaving the loop early is fine: later answers are
   * ignored.
   *
   * @throws RoomcastError `INVALID_OPTION`; TypeError if `payload` cannot be written as JSON.
   *
   * @example
   * ```ts
   * for await (const { client, status } of room.request("ready?", null, { timeout: 5_000 })) {
   *   if (status !== "ack") room.broadcast("waiting_for", { name: client.user.name });
   * }
   * ```
   */
  request(type: string, payload?: unknown, options: RequestOptions<U, D> = {}): Receipts<U, D> {
    const { clients } = this;
    return this.#hub.requests.ask({ type, room: this.id, payload }, clients, options);
  }

  /** What a client says to the others; it is told the position by its `ack`. @internal */
  say(client: Client<U, D>, type: string, payload: unknown): Stamp {
    const options = { except: client, from: client };
    return this.#say(type, payload, options, this.#hub.timestamp(), true);
  }

  /**
   * Sends what is true for the moment only (who joined, who types): it has no position, so missing
   * it is no gap. @internal
   */
  announce(type: string, payload: unknown, options: BroadcastOptions<U, D>, lingers = false): void {
    this.#tell(type, payload, options, this.#hub.timestamp(), "presence", lingers);
  }

  /** Puts a client in; the hub's part is done. @internal */
  add(client: Client<U, D>): void {
    this.#clients.add(client);
    client.memberships.set(this.id, this);
  }

  /** Takes a client out. @internal */
  remove(client: Client<U, D>): void {
    this.#clients.delete(client);
    client.memberships.delete(this.id);
  }

  /** Whether there is nobody in the room who is here, or may come back. @internal */
  get isDeserted(): boolean {
    return this.#clients.size === 0 && this.ghosts === undefined;
  }

  /** How many members there are. @internal */
  get count(): number {
    return this.#live.#firsts().length + (this.#live.ghosts?.size ?? 0);
  }

  /** Tells one client who is here, in answer to the message with that id. @internal */
  sendInfo(
    client: Client<U, D>,
    type: "room_info" | "online_users",
    id?: string,
    recovered?: boolean,
  ): void {
    const { past } = this.#live;
    // To one that is behind, the position is its own: what it is behind with follows.
    const cursor = this.has(client) ? client.outbox.lag?.cursors.get(this.id) : undefined;
    client.answer({
      type,
      room: this.id,
      payload: this.#info(recovered),
      id,
      seq: cursor?.seq ?? this.seq,
      epoch: past?.position.epoch,
    });
  }

  #info(recovered: boolean | undefined): RoomInfo {
    const { show } = this.presence;
    const { presence } = this.#hub;
    if (show === "none") return { room_id: this.id, recovered };
    if (show === "count") return { room_id: this.id, count: this.count, recovered };
    const users: Member[] = this.#live.#firsts().map(({ user }) => presence.member(user));
    for (const { user, state, isAnnounced } of this.#live.ghosts?.values() ?? []) {
      const reconnecting = isAnnounced || undefined;
      users.push({ id: user.id, name: user.name, reconnecting, state });
    }
    return { room_id: this.id, users, count: users.length, recovered };
  }

  /** Sends a message that has a position. Whoever is left out of it is told so. */
  #say(
    type: string,
    payload: unknown,
    { except, from }: BroadcastOptions<U, D>,
    timestamp: string,
    isTold: boolean,
  ): Stamp {
    const live = this.#live;
    const past = live.isDeserted ? this.#hub.registry.keep(live) : live.past;
    const seq = past === undefined ? 0 : past.position.seq + 1;
    const sender = from?.sender;
    const envelope = { type, room: this.id, payload, sender, timestamp, seq };
    const message = new Message(envelope, "lasting");
    if (past === undefined) return { seq, timestamp };
    past.append(message);
    const leftOut = except !== undefined && Symbol.iterator in except ? new Set(except) : except;
    deliver(message, live.#clients, leftOut);
    if (leftOut !== undefined) live.#skip(leftOut, seq, isTold);
    return { seq, timestamp };
  }

  /** Tells those who were left out; `isTold` if they know already, unless that overtook what came before. */
  #skip(except: Client<U, D> | Iterable<Client<U, D>>, seq: number, isTold: boolean): void {
    let message: Message | undefined;
    for (const client of Symbol.iterator in except ? except : [except]) {
      if (!this.#clients.has(client) || (isTold && client.outbox.lag === undefined)) continue;
      message ??= skipped(this.id, seq);
      client.outbox.push(message);
    }
  }

  #tell(
    type: string,
    payload: unknown,
    { except, from }: BroadcastOptions<U, D>,
    timestamp: string,
    fate: Fate,
    lingers = false,
  ): void {
    const sender = from?.sender;
    const message = new Message({ type, room: this.id, payload, sender, timestamp }, fate);
    deliver(message, this.#live.#clients, except, lingers);
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
    return this.#hub.registry.find(this.id) ?? this;
  }
}

function fateOf({ ephemeral = false, policy }: RoomBroadcastOptions): Fate {
  if (policy !== undefined) checkPolicy(policy);
  if (policy !== undefined && policy !== "queue") return policy;
  return ephemeral ? "drop" : "lasting";
}
