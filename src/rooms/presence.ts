import type { AnyClient } from "../client.js";
import type { Context } from "../context.js";
import type { LeaveReason, Member, User } from "../protocol/types.js";
import { GuestIdentity } from "../transport/identity.js";
import { Deadline } from "../util/deadline.js";
import { Shares } from "../util/shares.js";
import { Announcements } from "./announcements.js";
import { RoomInfo } from "./room-info.js";
import type { AbsentMember, RoomState } from "./room-state.js";
import type { Rooms } from "./rooms.js";
import type { Users } from "./users.js";

/** A member who reconnects within this time (ms), as after a reload, is never shown as reconnecting. */
const QUIET_GRACE = 2_000;

/** Most members waited for at the same time, and of these, for one user in several rooms. */
const MAX_ABSENT = 100_000;
const MAX_ABSENT_PER_USER = MAX_ABSENT / 10;

/** What the members of a room are told of each other. It is about users, not connections. */
export class Presence {
  readonly #context: Context;
  readonly #users: Users;
  readonly #rooms: Rooms;
  readonly #announcements: Announcements;
  readonly #info: RoomInfo;
  readonly #maxMessageBytes: number;
  /** What users show of themselves, by user id. Undefined where it was removed: it must not be restored. */
  readonly #states = new Map<string, unknown>();
  /** By user id: the rooms in which that user is absent. */
  readonly #absences = new Shares<RoomState>();

  constructor(context: Context, users: Users, rooms: Rooms, maxMessageBytes: number) {
    this.#context = context;
    this.#users = users;
    this.#rooms = rooms;
    this.#maxMessageBytes = maxMessageBytes;
    this.#announcements = new Announcements(context, users, (...of) => this.#member(...of));
    this.#info = new RoomInfo(context.clock, users, (user) => this.#show(user));
  }

  /** A client joined. Returns whether its user was no member before. */
  joined(state: RoomState, client: AnyClient): boolean {
    const absent = state.absent?.get(client.identity.id);
    if (absent !== undefined) {
      this.#returned(state, client, absent);
      return false;
    }
    if (this.#users.isAnotherIn(client, state.clients)) return false;
    this.#info.added(state, client.identity);
    const payload = this.#member(state, client.identity);
    this.#announcements.joined(state, payload, client);
    return true;
  }

  /** A user's last client in a room left it. Returns whether the user is no member any more. */
  left(state: RoomState, client: AnyClient, reason: LeaveReason): boolean {
    this.#info.changed(state);
    // When the hub closes, everybody leaves, and nobody needs to hear it of everybody else.
    if (this.#context.isClosing) return false;
    const { grace } = state.kind.visibility;
    if (reason === "timeout" && grace > 0 && this.#mayWaitFor(client)) {
      this.#startGrace(state, client, grace);
      return false;
    }
    this.#announcements.left(state, client.identity, reason);
    return true;
  }

  /** A client left a room in which its user has others. `before` is the name that was shown. */
  stayed(state: RoomState, user: User, before: string): void {
    this.#info.changed(state);
    if (this.#context.isClosing || this.nameIn(state, user) === before) return;
    const payload = this.#member(state, user);
    this.#announcements.paced(state, { type: "user_updated", payload });
  }

  /** Stops waiting for an absent member. */
  endGrace(state: RoomState, userId: string, reason: LeaveReason): void {
    const absent = state.absent?.get(userId);
    if (absent === undefined) return;
    const { identity, user } = absent;
    this.#forget(state, absent);
    this.#context.together(() => {
      this.#announcements.left(state, identity, reason);
      this.emitLeft(state, user, reason);
      state.timeline.away(userId);
      this.#rooms.release(state);
    });
  }

  /** Tells the application that a user is no member any more. */
  emitLeft(state: RoomState, user: User, reason: LeaveReason): void {
    if (!this.#context.hears("memberLeft")) return;
    this.#context.emit("memberLeft", { user, room: state.room, reason });
  }

  /** The name that a room shows of a user: that of the connection which joined first. */
  nameIn(state: RoomState, { id, name }: User): string {
    const clients = this.#users.clientsOf(id);
    if (state.clients.size <= clients.size) {
      for (const { identity } of state.clients) if (identity.id === id) return identity.name;
      return name;
    }
    for (const { identity } of clients) {
      if (identity.name === name) continue;
      for (const client of state.clients) if (clients.has(client)) return client.identity.name;
    }
    return name;
  }

  /** Stops waiting for a user, in one room or in all. */
  endAbsence(userId: string, roomId: string | undefined, reason: LeaveReason): void {
    for (const state of [...this.#absences.of(userId)]) {
      if (roomId === undefined || state.id === roomId) this.endGrace(state, userId, reason);
    }
  }

  /** A user's last connection is gone. */
  offline(userId: string): void {
    this.#states.delete(userId);
  }

  /** Sets what a user shows, and tells the rooms that the user is in, but for one that is told otherwise. */
  setState({ identity }: AnyClient, state: unknown, except?: RoomState): void {
    // What cannot be written as JSON throws here, before anything has changed.
    const copy = copyOf(state);
    this.#states.set(identity.id, copy);
    const rooms = new Set<RoomState>();
    for (const client of this.#users.clientsOf(identity.id)) {
      for (const room of client.memberships.values()) rooms.add(room);
    }
    for (const room of rooms) this.#info.changed(room);
    if (except !== undefined) rooms.delete(except);
    for (const room of rooms) {
      const payload = this.#member(room, identity);
      this.#announcements.announce(room, { type: "user_updated", payload });
    }
  }

  /** Tells a client who is in a room, in answer to the message with that id. */
  sendInfo(
    client: AnyClient,
    state: RoomState,
    type: "room_info" | "online_users",
    id?: string,
    recovered?: boolean,
  ): void {
    const { timeline, kind, id: room } = state;
    // The position of a client that is behind is its own: the messages after it follow.
    const cursor = state.clients.has(client) ? client.outbox.lag?.cursors.get(room) : undefined;
    const max = type === "room_info" ? this.#maxMessageBytes : undefined;
    const { show } = kind.visibility;
    const seq = cursor?.seq ?? timeline.seq;
    const answer = { type, room, show, recovered, max, id, seq, epoch: timeline.epoch };
    client.outbox.answer(this.#info.message(state, answer));
  }

  /** Answers `online_users`, for a room that does not exist, too. */
  sendUsers(client: AnyClient, room: string, id: string | undefined): void {
    const state = this.#rooms.find(room);
    if (state !== undefined) {
      this.sendInfo(client, state, "online_users", id);
      return;
    }
    const { show } = this.#rooms.visibility(room);
    const answer = { type: "online_users", room, show, id, seq: 0 } as const;
    client.outbox.answer(this.#info.message(undefined, answer));
  }

  /** The hub closes: nobody is waited for. */
  clear(): void {
    this.#announcements.clear();
    for (const state of [...this.#rooms.live.values()]) {
      for (const absent of [...(state.absent?.values() ?? [])]) this.#forget(state, absent);
      this.#rooms.release(state);
    }
  }

  /** A user with a client in a room, as the room shows it. */
  #member(room: RoomState, user: User): Member {
    return this.#show({ id: user.id, name: this.nameIn(room, user) });
  }

  #show({ id, name }: User): Member {
    const state = this.#states.get(id);
    return state === undefined ? { id, name } : { id, name, state };
  }

  #returned(state: RoomState, client: AnyClient, absent: AbsentMember): void {
    const { identity } = client;
    this.#forget(state, absent);
    if (absent.state !== undefined && !this.#states.has(identity.id)) {
      this.setState(client, absent.state, state);
    }
    const payload = this.#member(state, identity);
    const hasChanged =
      payload.name !== absent.identity.name || !isSameJson(payload.state, absent.state);
    if (!absent.isShown && !hasChanged) return;
    const type = absent.isShown ? "user_returned" : "user_updated";
    this.#announcements.paced(state, { type, payload }, client);
  }

  /** Whether a member may be waited for. Of too many, who is waited for in most rooms is so in one less. */
  #mayWaitFor({ identity }: AnyClient): boolean {
    const absences = this.#absences;
    const { id } = identity;
    if (identity instanceof GuestIdentity) return false;
    if (absences.of(id).size >= MAX_ABSENT_PER_USER) return false;
    if (absences.size < MAX_ABSENT) return true;
    const greediest = absences.greediest(id) as string;
    const [oldest] = absences.of(greediest);
    if (greediest === id || oldest === undefined) return false;
    this.endGrace(oldest, greediest, "timeout");
    return true;
  }

  #startGrace(state: RoomState, { identity, user }: AnyClient, grace: number): void {
    const { clock } = this.#context;
    const quiet = Math.min(QUIET_GRACE, grace / 2);
    const shown = this.#states.get(identity.id);
    const absent: AbsentMember = {
      identity,
      user,
      state: shown,
      deadline: undefined,
      isShown: false,
    };
    state.absent ??= new Map();
    state.absent.set(identity.id, absent);
    this.#absences.add(identity.id, state);
    absent.deadline = new Deadline(clock, quiet, () => {
      absent.isShown = true;
      this.#info.changed(state);
      const end = () => this.endGrace(state, identity.id, "timeout");
      absent.deadline = new Deadline(clock, grace - quiet, end);
      const payload = { ...identity };
      this.#announcements.paced(state, { type: "user_reconnecting", payload });
    });
  }

  #forget(state: RoomState, absent: AbsentMember): void {
    absent.deadline?.clear();
    state.absent?.delete(absent.identity.id);
    this.#info.changed(state);
    if (state.absent?.size === 0) state.absent = undefined;
    this.#absences.delete(absent.identity.id, state);
  }
}

/** A copy of a JSON value: the application may go on changing its own. */
function copyOf(state: unknown): unknown {
  if (state === undefined) return undefined;
  const text = JSON.stringify(state);
  if (text === undefined) throw new TypeError(`${String(state)} cannot be written as JSON.`);
  return JSON.parse(text);
}

/** Whether two values are the same JSON. */
function isSameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
