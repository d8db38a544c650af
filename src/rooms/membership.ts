import type { AnyClient } from "../client.js";
import type { Context } from "../context.js";
import { assertRoomId } from "../protocol/envelope.js";
import { RoomcastError } from "../protocol/errors.js";
import type { LeaveReason } from "../protocol/types.js";
import type { AnyRoom } from "../room.js";
import { GuestIdentity } from "../transport/identity.js";
import { isPromiseLike } from "../util/promises.js";
import { type Authorization, forbidden } from "./authorization.js";
import type { CatchUp } from "./catch-up.js";
import type { Claim, Claims } from "./claims.js";
import { type Missed, readMissed, type Wanted } from "./missed.js";
import type { Presence } from "./presence.js";
import type { Requests } from "./requests.js";
import type { RoomState } from "./room-state.js";
import type { Rooms } from "./rooms.js";
import type { Typing } from "./typing.js";
import type { Users } from "./users.js";

/** What joining and leaving has to do with. */
export interface MembershipParts {
  readonly authorization: Authorization;
  readonly claims: Claims;
  readonly rooms: Rooms;
  readonly users: Users;
  readonly typing: Typing;
  readonly presence: Presence;
  readonly catchUp: CatchUp;
  readonly requests: Requests;
}

/** A client's wish to join a room. */
interface PendingJoin {
  readonly client: AnyClient;
  readonly roomId: string;
  readonly wanted: Wanted;
  /** The id of its message. */
  readonly id: string | undefined;
}

const NOTHING: Wanted = { since: undefined, last: undefined };

/** Joining, leaving and being removed: the only way into a room, and the only way out. */
export class Membership {
  readonly #context: Context;
  readonly #parts: MembershipParts;
  readonly #maxRoomsPerClient: number | false;

  constructor(context: Context, parts: MembershipParts, maxRoomsPerClient: number | false) {
    this.#context = context;
    this.#parts = parts;
    this.#maxRoomsPerClient = maxRoomsPerClient;
  }

  /**
   * A client asks to join a room. It is sent `room_info` and the messages that it wants, and if it is in
   * the room already, `room_info` alone. Returns a promise where `authorize` or the history takes time.
   *
   * @throws RoomcastError `INVALID_PAYLOAD`, `FORBIDDEN`, `TOO_MANY_ROOMS`; or rejects with it.
   */
  request(
    client: AnyClient,
    roomId: string,
    wanted: Wanted,
    id: string | undefined,
  ): Promise<void> | undefined {
    const { authorization, claims } = this.#parts;
    const join: PendingJoin = { client, roomId, wanted, id };
    const claim = claims.open(client, "join", roomId);
    let isWaiting = false;
    try {
      const allowed = authorization.check(client, "join", roomId);
      const missed = allowed === undefined ? this.#readMissed(join) : undefined;
      isWaiting = allowed !== undefined || isPromiseLike(missed);
      if (isWaiting) return this.#wait(join, claim, allowed, missed);
      return this.#complete(join, claim, missed as Missed | undefined);
    } finally {
      if (!isWaiting) claims.close(claim);
    }
  }

  /** The server puts a client into a room. Does nothing where it is in, or has closed meanwhile. */
  join(client: AnyClient, roomId: string): AnyRoom {
    assertRoomId(roomId);
    const state = client.memberships.get(roomId);
    if (state !== undefined) return state.room;
    if (!client.isOpen) return this.#parts.rooms.handle(roomId);
    const wish = { client, roomId, wanted: NOTHING, id: undefined };
    return this.#context.together(() => this.#enter(wish)).room;
  }

  /**
   * Takes a client out of a room that it is in. The order counts: its typing ends while it is a member;
   * presence and requests see the room without it; the events come last.
   */
  leave(client: AnyClient, state: RoomState, reason: LeaveReason): void {
    this.#context.together(() => this.#leave(client, state, reason));
  }

  #leave(client: AnyClient, state: RoomState, reason: LeaveReason): void {
    const { claims, typing, users, presence, requests, rooms } = this.#parts;
    const { outbox, identity, user } = client;
    claims.withdraw(client, state.id, "send");
    typing.stop(client, state);
    const name = presence.nameIn(state, identity);
    state.clients.delete(client);
    client.memberships.delete(state.id);
    const lost = outbox.lag?.forget(state.id, state.timeline.seq) ?? 0;
    // A client that is gone may reconnect and recover them.
    if (lost > 0 && client.isOpen) outbox.drop(lost);
    let isGone = false;
    if (users.isAnyIn(identity.id, state.clients)) presence.stayed(state, identity, name);
    else {
      state.userCount--;
      const isBroken = reason === "timeout";
      if (!isBroken) state.timeline.endAccess(identity.id);
      isGone = presence.left(state, client, reason);
      if (isGone) state.timeline.away(identity.id);
      rooms.left(state, client, isBroken);
    }
    requests.left(client, state.id);
    const context = this.#context;
    if (context.hears("leave")) context.emit("leave", { client, room: state.room, reason });
    if (isGone) presence.emitLeft(state, user, reason);
    rooms.release(state);
  }

  /**
   * Takes a client out of a room by the server's decision, also where it is about to join. Returns whether it
   * was there, or about to be.
   */
  takeOut(client: AnyClient, roomId: string): boolean {
    const wasJoining = this.#parts.claims.withdraw(client, roomId, "join");
    const state = client.memberships.get(roomId);
    if (state !== undefined) this.#remove(client, state, "left");
    return wasJoining || state !== undefined;
  }

  /** Takes a client out, and tells it. */
  #remove(client: AnyClient, state: RoomState, reason: LeaveReason): void {
    this.#context.together(() => {
      this.#leave(client, state, reason);
      client.push({ type: "removed", room: state.id, payload: { reason } });
    });
  }

  /** Takes a user out of one room, or of all, on all connections and whatever they are about to join. */
  revoke(userId: string, roomId: string | undefined): void {
    const { claims, users, rooms, presence } = this.#parts;
    this.#context.together(() => {
      for (const client of [...users.clientsOf(userId)]) {
        claims.withdraw(client, roomId);
        const { memberships } = client;
        const one = roomId === undefined ? undefined : memberships.get(roomId);
        const states = roomId === undefined ? [...memberships.values()] : one ? [one] : [];
        for (const state of states) this.#remove(client, state, "kicked");
      }
      rooms.endAccess(userId, roomId);
      presence.endAbsence(userId, roomId, "kicked");
    });
  }

  /** A client is closed: it leaves all rooms, and nothing more is owed to it. */
  closed(client: AnyClient, reason: LeaveReason): void {
    const { catchUp, requests } = this.#parts;
    catchUp.end(client);
    this.#context.together(() => {
      for (const state of client.memberships.values()) this.#leave(client, state, reason);
      requests.left(client);
    });
  }

  async #wait(
    join: PendingJoin,
    claim: Claim,
    allowed: Promise<void> | undefined,
    reading: Missed | undefined | Promise<Missed | undefined>,
  ): Promise<void> {
    try {
      await allowed;
      const pending = allowed === undefined ? reading : this.#readMissed(join);
      // What is not awaited cannot be overtaken.
      this.#complete(join, claim, isPromiseLike(pending) ? await pending : pending);
    } finally {
      this.#parts.claims.close(claim);
    }
  }

  #complete(join: PendingJoin, claim: Claim, missed: Missed | undefined): undefined {
    const { client, roomId, id } = join;
    const state = client.memberships.get(roomId);
    this.#parts.claims.close(claim);
    try {
      if (claim.isWithdrawn) throw forbidden("join");
      if (state !== undefined) this.#parts.presence.sendInfo(client, state, "room_info", id);
      else if (client.isOpen) this.#context.together(() => this.#enter(join, missed));
    } finally {
      missed?.timeline.release();
    }
    return undefined;
  }

  /** Puts an open client into a room that it is not in. */
  #enter({ client, roomId, wanted, id }: PendingJoin, missed?: Missed): RoomState {
    const { rooms, users, presence, catchUp } = this.#parts;
    const limit = this.#maxRoomsPerClient;
    if (limit !== false && client.memberships.size >= limit) {
      throw new RoomcastError("TOO_MANY_ROOMS", `You may be in at most ${limit} rooms.`);
    }
    const state = rooms.activate(roomId);
    // Since it was read the room may have begun anew, or the user have left on another connection.
    const mayRead = missed?.timeline === state.timeline && missed.mayRead();
    const shown = mayRead ? missed : undefined;
    const replay = shown?.replay;
    // Who is shown earlier messages may recover them, too, but a guest never comes back.
    const { identity } = client;
    if (!(identity instanceof GuestIdentity)) {
      state.timeline.grantAccess(identity.id, replay && replay.from - 1);
    }
    state.clients.add(client);
    if (!users.isAnotherIn(client, state.clients)) state.userCount++;
    client.memberships.set(roomId, state);
    const isNew = presence.joined(state, client);
    // The client stands at its own position, which `room_info` states, until it has caught up.
    if (replay !== undefined) client.outbox.fallBehind().cursor(roomId, replay.from - 1);
    const recovered = wanted.since && shown?.isRecovered === true;
    presence.sendInfo(client, state, "room_info", id, recovered);
    if (replay !== undefined) catchUp.start(client, state, replay);
    const context = this.#context;
    if (context.hears("join")) context.emit("join", { client, room: state.room });
    if (isNew && context.hears("memberJoined")) {
      context.emit("memberJoined", { user: client.user, room: state.room, client });
    }
    return state;
  }

  /** What a client is shown that joins. Nothing where it is in the room already. */
  #readMissed(join: PendingJoin): Missed | undefined | Promise<Missed | undefined> {
    const { client, roomId, wanted } = join;
    const timeline = this.#parts.rooms.find(roomId)?.timeline;
    if (timeline === undefined || client.memberships.has(roomId)) return undefined;
    const { catchUp } = this.#parts;
    return readMissed(timeline, client.identity.id, wanted, (...from) => catchUp.read(...from));
  }
}
