import type { AnyClient, Client, Receipts, RequestOptions } from "./client.js";
import { checkType, compose } from "./delivery/compose.js";
import { toExcluded } from "./delivery/fan-out.js";
import type { LagPolicy } from "./delivery/lag-policy.js";
import type { Position, Stamp, User } from "./protocol/types.js";
import type { RoomState } from "./rooms/room-state.js";

/**
 * Who is left out of a broadcast, and in whose name it goes.
 *
 * @category Options
 */
export interface BroadcastOptions<U extends User = User, D = Record<string, unknown>> {
  /** Left out: one client or several. */
  readonly except?: Client<U, D> | Iterable<Client<U, D>> | undefined;
  /** The client whose user is stamped on the message as `sender`. */
  readonly from?: Client<U, D> | undefined;
  /**
   * What happens to the message where a client lags. Default "queue". In a room, only such a message has a
   * position and is kept; "drop" and `{ latest }` are for values that hold for the moment.
   */
  readonly policy?: LagPolicy | undefined;
}

/** What a room needs of its hub. */
export interface RoomHost {
  readonly context: { timestamp(): string; settled<T>(value: T): Promise<T> };
  readonly rooms: {
    find(id: string): RoomState | undefined;
    /** The state that takes a message; undefined where nobody is there and nothing is kept. */
    toPublish(id: string): RoomState | undefined;
  };
  readonly users: { distinct(room: RoomState): AnyClient[] };
  readonly requests: {
    send(
      clients: ReadonlySet<AnyClient>,
      room: string,
      type: string,
      payload: unknown,
      options: RequestOptions,
    ): Receipts;
  };
}

/** A room of any application: what the parts of a hub hand on. */
// biome-ignore lint/suspicious/noExplicitAny: the parts never look at an application's own types.
export type AnyRoom = Room<any, any>;

const NOBODY: ReadonlySet<never> = new Set<never>();

/**
 * A named set of clients.
 *
 * A Room may be held for as long as you like, also while nobody is in it: it always stands for
 * the room that has this name now.
 *
 * @example
 * ```ts
 * const room = hub.room("general");
 * await room.broadcast("new_message", { content: "The deploy is done." });
 * console.log(room.members.map(({ name }) => name));
 * ```
 *
 * @category Main
 */
export class Room<U extends User = User, D = Record<string, unknown>> {
  /** The room's name. */
  readonly id: string;
  readonly #host: RoomHost;

  /** Rooms are had from `hub.room(id)`. @internal */
  constructor(host: RoomHost, id: string) {
    this.#host = host;
    this.id = id;
  }

  /** On this node: the clients in the room, in the order in which they joined. */
  get clients(): ReadonlySet<Client<U, D>> {
    return this.#host.rooms.find(this.id)?.clients ?? NOBODY;
  }

  /**
   * The distinct users in the room, in the order in which they joined; last, those who lost their
   * connection and may still reconnect. A new array each time.
   */
  get members(): U[] {
    const state = this.#host.rooms.find(this.id);
    if (state === undefined) return [];
    const users: U[] = this.#host.users.distinct(state).map(({ user }) => user);
    for (const { user } of state.absent?.values() ?? []) users.push(user as U);
    return users;
  }

  /** On this node: how many clients are in the room. A user with two tabs counts twice; see {@link members}. */
  get size(): number {
    return this.clients.size;
  }

  /** On this node: whether no client is in the room. */
  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** The position of the last message; undefined for a room that nobody is in, and that keeps nothing. */
  get position(): Position | undefined {
    return this.#host.rooms.find(this.id)?.timeline.position;
  }

  /** On this node: whether this client is in the room. */
  has(client: Client<U, D>): boolean {
    return this.clients.has(client);
  }

  /**
   * Sends a message to everyone in the room, at the end of this turn. An empty room is no error.
   *
   * @returns resolves with the message's position and time; on one process it is resolved already. `seq` is 0
   * where the message has no position: its policy is not "queue", or nobody is there and nothing is kept.
   * Rejects with `HUB_CLOSED` once the hub is closed; a rejection that nobody handles is no unhandled one.
   * @throws RoomcastError `INVALID_OPTION` for a type that the protocol reserves, or an option that cannot
   * work; TypeError if `payload` cannot be written as JSON. Nothing is sent then.
   *
   * @example
   * ```ts
   * hub.room("general").broadcast("new_message", { content: "The deploy is done." });
   * ```
   */
  broadcast(
    type: string,
    payload?: unknown,
    { except, from, policy = "queue" }: BroadcastOptions<U, D> = {},
  ): Promise<Stamp> {
    const { context, rooms } = this.#host;
    const timestamp = context.timestamp();
    const excluded = toExcluded<AnyClient>(except);
    if (policy === "queue") {
      checkType(type);
      const state = rooms.toPublish(this.id);
      if (state !== undefined) {
        const seq = state.publish(type, payload, timestamp, from, excluded);
        return context.settled({ epoch: state.timeline.epoch, seq, timestamp });
      }
    }
    const message = compose(timestamp, type, payload, { room: this.id, from, policy });
    if (policy !== "queue") rooms.find(this.id)?.send(message, excluded);
    return context.settled({ epoch: undefined, seq: 0, timestamp });
  }

  /**
   * Asks everyone in the room, and yields a receipt for each, as it comes: an answer, none in time, or that
   * the client left. Never throws while it runs. The loop may be left early: later answers are ignored.
   *
   * @throws RoomcastError `INVALID_OPTION`; TypeError if `payload` cannot be written as JSON.
   *
   * @example
   * ```ts
   * for await (const { user, status } of room.request("ready?", null, { timeout: 5_000 })) {
   *   if (status !== "ack") room.broadcast("waiting_for", { name: user.name });
   * }
   * ```
   */
  request(type: string, payload?: unknown, options: RequestOptions<U, D> = {}): Receipts<U, D> {
    const { clients, id } = this;
    return this.#host.requests.send(clients, id, type, payload, options) as Receipts<U, D>;
  }
}
