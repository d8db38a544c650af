import type { AnyClient } from "../client.js";
import type { Context } from "../context.js";
import type { Excluded } from "../delivery/fan-out.js";
import type { ServerEnvelope } from "../protocol/messages.js";
import type { LeaveReason, Member, User } from "../protocol/types.js";
import { Crowd } from "./crowd.js";
import { keyOf, Pace } from "./pace.js";
import type { RoomState } from "./room-state.js";
import type { Users } from "./users.js";

/** A message about a member. */
interface Announcement {
  readonly type: ServerEnvelope["type"];
  readonly payload: User;
}

/** Shortest time (ms) between two counts that a room is told. */
const COUNT_EVERY = 250;

/** What a room is told of its members, and how often: as its options say, and not faster than anybody reads. */
export class Announcements {
  readonly #context: Context;
  readonly #users: Users;
  readonly #member: (state: RoomState, user: User) => Member;
  readonly #crowd: Crowd;
  readonly #pace: Pace;
  /** Rooms whose number of members changed, with the timer that announces it. */
  readonly #counting = new Map<RoomState, unknown>();

  /** @param member A user as a room shows it. */
  constructor(context: Context, users: Users, member: (state: RoomState, user: User) => Member) {
    this.#context = context;
    this.#users = users;
    this.#member = member;
    this.#crowd = new Crowd(context.clock);
    this.#pace = new Pace(context.clock);
  }

  /** A user became a member, by a client that is told otherwise. */
  joined(state: RoomState, payload: Member, client: AnyClient): void {
    if (state.kind.visibility.show === "count") this.#count(state);
    else this.paced(state, { type: "user_joined", payload }, client);
  }

  /** A user is no member any more. */
  left(state: RoomState, user: User, reason: LeaveReason): void {
    if (state.kind.visibility.show === "count") this.#count(state);
    else this.paced(state, { type: "user_left", payload: { ...user, reason } as User });
  }

  /** Tells a room of a member, where it shows its members. */
  announce(state: RoomState, announcement: Announcement, excluded?: Excluded<AnyClient>): void {
    if (state.kind.visibility.show !== "members") return;
    const message = announcement as ServerEnvelope;
    state.announce(message, this.#context.timestamp(), excluded, this.#crowd.add());
  }

  /** The same for what a client can do over and over: now, or later, as it is then. */
  paced(state: RoomState, announcement: Announcement, excluded?: AnyClient): void {
    if (state.kind.visibility.show !== "members") return;
    const tellLast = () => this.#announceLast(state, announcement);
    const mayTell = this.#pace.mayTell(keyOf(state.id, announcement.payload.id), tellLast);
    if (mayTell) this.announce(state, announcement, excluded);
  }

  /** The hub closes: nobody is told any more. */
  clear(): void {
    for (const timer of this.#counting.values()) this.#context.clock.clearTimeout(timer);
    this.#counting.clear();
    this.#pace.stop();
  }

  /** Announces where a user stands after changes that were not told, of which `change` is the last. */
  #announceLast(state: RoomState, change: Announcement): void {
    if (this.#context.isClosing) return;
    const { id } = change.payload;
    if (!this.#users.isAnyIn(id, state.clients)) {
      this.announce(state, change);
      return;
    }
    // The whole member: some were told that the user left, or came meanwhile.
    const payload = this.#member(state, change.payload);
    this.announce(state, { type: change.type, payload }, this.#users.clientsOf(id));
  }

  /** Announces the number of members after a while, in which it may change further. */
  #count(state: RoomState): void {
    if (this.#counting.has(state)) return;
    const timer = this.#context.clock.setTimeout(() => {
      this.#counting.delete(state);
      const payload = { count: state.memberCount };
      state.announce({ type: "user_count", payload }, this.#context.timestamp());
    }, COUNT_EVERY);
    this.#counting.set(state, timer);
  }
}
