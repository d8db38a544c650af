import type { Client } from "../client.js";
import type { Hub } from "../hub.js";
import type { LeaveReason, Member, User } from "../protocol/types.js";
import type { Room } from "../room.js";
import { checkNames, checkPositive, invalid } from "../util/checks.js";

/** What a room shows of who is in it. */
export type Shown = "members" | "count" | "none";

/** How a room shows who is in it. */
export interface PresenceOptions {
  /** Who is in it, how many are, or nothing. Default "members". */
  readonly show?: Shown;
  /**
   * Milliseconds that a user whose last connection died stays a member, to come back. Default 0: the
   * others are told at once that the user left.
   */
  readonly grace?: number;
}

/** A member whose last connection died, and who may yet come back. */
export interface Ghost<U extends User> {
  readonly user: U;
  readonly state: unknown;
  timer: unknown;
  isAnnounced: boolean;
}

/** Who comes back sooner, as after a reload of the page, was never away to the others. Milliseconds. */
const UNSEEN = 2_000;

/** A room that shows counts tells of a new one so often at most, in milliseconds. */
const COUNT_EVERY = 250;

/** What changes the number of members. */
const COUNTED: ReadonlySet<string> = new Set(["user_joined", "user_left"]);

/** So many may be on their way back at the same time; of more, the others are told that they left. */
const MAX_GHOSTS = 100_000;

/** Fills in the defaults. Throws `INVALID_OPTION` with the option's name and the value. */
export function readPresence(given: Shown | PresenceOptions): Required<PresenceOptions> {
  if (typeof given === "string") return readPresence({ show: given });
  if (typeof given !== "object" || given === null) {
    throw invalid("presence", given, '"members", "count", "none" or an object');
  }
  checkNames(given, ["show", "grace"]);
  const { show = "members", grace = 0 } = given;
  if (!["members", "count", "none"].includes(show)) {
    throw invalid("presence", show, '"members", "count" or "none"');
  }
  if (grace !== 0) checkPositive("presence.grace", grace);
  return { show, grace };
}

/** What the others in a room are told of who comes and goes. It is about users, not connections. */
export class Presence<U extends User, D> {
  readonly #hub: Hub<U, D>;
  /** What users say of themselves. */
  readonly #states = new Map<string, unknown>();
  /** Rooms whose number of members changed, with the timer that tells of it. */
  readonly #counting = new Map<Room<U, D>, unknown>();
  #ghosts = 0;

  constructor(hub: Hub<U, D>) {
    this.#hub = hub;
  }

  /** A client came in. */
  joined(room: Room<U, D>, client: Client<U, D>): void {
    const { id } = client.user;
    const ghost = room.ghosts?.get(id);
    if (ghost !== undefined) {
      this.#release(room, ghost);
      if (ghost.state !== undefined && !this.#states.has(id)) {
        this.setState(client.user, ghost.state, room);
      }
      const member = this.member(client.user);
      if (ghost.isAnnounced) this.#tell(room, "user_returned", member, client);
      else if (!isSame(member.state, ghost.state)) this.#tell(room, "user_updated", member, client);
    } else if (!this.#hub.users.isAnotherIn(client, room.clients)) {
      this.#tell(room, "user_joined", this.member(client.user), client);
    }
  }

  /** A user's last client in a room left it. */
  left(room: Room<U, D>, client: Client<U, D>, reason: LeaveReason): void {
    // When the hub closes, everybody leaves, and nobody needs to hear it of everybody else.
    if (this.#hub.isClosing) return;
    const { grace } = room.presence;
    if (reason === "timeout" && grace > 0 && this.#ghosts < MAX_GHOSTS) {
      this.#haunt(room, client, grace);
    } else {
      this.#tell(room, "user_left", { ...client.sender, reason });
    }
  }

  /** Gives up a member who is on the way back. */
  dismiss(room: Room<U, D>, userId: string, reason: LeaveReason): void {
    const ghost = room.ghosts?.get(userId);
    if (ghost === undefined) return;
    this.#release(room, ghost);
    const { id, name } = ghost.user;
    this.#tell(room, "user_left", { id, name, reason });
    this.#hub.door.deserted(room);
  }

  /** A user is not connected any more. */
  offline(userId: string): void {
    this.#states.delete(userId);
  }

  /** Says of a user what the others are to see of it; in a room that is told otherwise, not. */
  setState(user: U, state: unknown, except?: Room<U, D>): void {
    // What cannot be written as JSON throws here, before anything has changed.
    JSON.stringify(state);
    if (state === undefined) this.#states.delete(user.id);
    else this.#states.set(user.id, state);
    const rooms = new Set<Room<U, D>>();
    for (const client of this.#hub.users.clientsOf(user.id)) {
      for (const room of client.memberships.values()) rooms.add(room);
    }
    if (except !== undefined) rooms.delete(except);
    for (const room of rooms) this.#tell(room, "user_updated", this.member(user));
  }

  /** A user as the others are shown. */
  member({ id, name }: User): Member {
    const state = this.#states.get(id);
    return state === undefined ? { id, name } : { id, name, state };
  }

  /** The hub closes: nobody is waited for. */
  clear(): void {
    const { clock } = this.#hub.settings;
    for (const timer of this.#counting.values()) clock.clearTimeout(timer);
    this.#counting.clear();
    for (const room of [...this.#hub.rooms.values()]) {
      for (const ghost of [...(room.ghosts?.values() ?? [])]) this.#release(room, ghost);
      this.#hub.door.deserted(room);
    }
  }

  #haunt(room: Room<U, D>, { user }: Client<U, D>, grace: number): void {
    const { clock } = this.#hub.settings;
    const unseen = Math.min(UNSEEN, grace / 2);
    const state = this.#states.get(user.id);
    const ghost: Ghost<U> = { user, state, timer: undefined, isAnnounced: false };
    room.ghosts ??= new Map();
    room.ghosts.set(user.id, ghost);
    this.#ghosts++;
    ghost.timer = clock.setTimeout(() => {
      ghost.isAnnounced = true;
      ghost.timer = clock.setTimeout(() => this.dismiss(room, user.id, "timeout"), grace - unseen);
      const { id, name } = user;
      this.#tell(room, "user_reconnecting", { id, name });
    }, unseen);
  }

  #release(room: Room<U, D>, ghost: Ghost<U>): void {
    this.#hub.settings.clock.clearTimeout(ghost.timer);
    room.ghosts?.delete(ghost.user.id);
    if (room.ghosts?.size === 0) room.ghosts = undefined;
    this.#ghosts--;
  }

  #tell(room: Room<U, D>, type: string, payload: object, except?: Client<U, D>): void {
    const { show } = room.presence;
    if (show === "members") room.announce(type, payload, { except }, this.#hub.isCrowded());
    else if (show === "count" && COUNTED.has(type)) this.#count(room);
  }

  /** Tells how many there are, at the end of a while in which that may change further. */
  #count(room: Room<U, D>): void {
    if (this.#counting.has(room)) return;
    const timer = this.#hub.settings.clock.setTimeout(() => {
      this.#counting.delete(room);
      room.announce("user_count", { count: room.count }, {});
    }, COUNT_EVERY);
    this.#counting.set(room, timer);
  }
}

/** Whether two values are the same JSON. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
