import type { Client } from "../client.js";
import type { Past, Replay } from "../history/history.js";
import type { Hub } from "../hub.js";
import { ANSWERED } from "../inbound/dispatcher.js";
import { assertRoomId } from "../protocol/envelope.js";
import { RoomcastError } from "../protocol/errors.js";
import type { LeaveReason, Position, User } from "../protocol/types.js";
import type { Room } from "../room.js";
import { inTime, isPromiseLike, LATE } from "../util/timeout.js";
import { readPast } from "./catch-up.js";

/** What `authorize` is asked about. */
export type Action = "join" | "send";

/** Somebody who asked to come in, and is not in yet. */
interface Ticket {
  readonly userId: string;
  readonly roomId: string;
  isRevoked: boolean;
}

/** What a newcomer missed, as far as it is read, and where that is kept. */
interface Missed {
  readonly past: Past;
  readonly since: Position;
  readonly replay: Replay;
}

/** Who comes into a room and who leaves it, and by whose decision. */
export class Door<U extends User, D> {
  readonly #hub: Hub<U, D>;
  readonly #tickets = new Set<Ticket>();

  constructor(hub: Hub<U, D>) {
    this.#hub = hub;
  }

  /**
   * Asks `authorize`. Returns nothing, or a promise of nothing, where it says yes.
   *
   * @throws RoomcastError `FORBIDDEN` where it does not; or rejects with it.
   */
  authorize(client: Client<U, D>, action: Action, roomId: string): Promise<void> | undefined {
    const { authorize, clock, handlerTimeout } = this.#hub.settings;
    if (authorize === undefined) return undefined;
    const answer = authorize(client, action, roomId);
    if (!isPromiseLike(answer)) {
      check(answer, action);
      return undefined;
    }
    return inTime(answer, clock, handlerTimeout).then((verdict) => {
      if (verdict === LATE) {
        const text = `"authorize" did not settle in ${handlerTimeout} ms.`;
        throw new RoomcastError("HANDLER_TIMEOUT", text);
      }
      check(verdict, action);
    });
  }

  /** A client asks to come in: to a room that it was in before, if it says `since` when. */
  join(
    client: Client<U, D>,
    roomId: string,
    since: Position | undefined,
    id: string | undefined,
  ): unknown {
    assertRoomId(roomId);
    const authorized = this.authorize(client, "join", roomId);
    if (authorized === undefined) {
      const missed = this.#recall(client, roomId, since);
      if (!isPromiseLike(missed)) return this.#answer(client, roomId, since, missed, id);
      return this.#joinLater(client, roomId, since, undefined, missed, id);
    }
    return this.#joinLater(client, roomId, since, authorized, undefined, id);
  }

  /** Lets a client in that is not in yet; `missed` is what it is to be sent. */
  admit(
    client: Client<U, D>,
    roomId: string,
    id?: string,
    since?: Position,
    missed?: Missed,
  ): Room<U, D> {
    const room = this.#hub.room(roomId);
    // One that has closed meanwhile is not let in: nobody would ever take it out.
    if (!client.isOpen) return room;
    const { maxRoomsPerClient } = this.#hub.settings;
    if (maxRoomsPerClient !== false && client.rooms.size >= maxRoomsPerClient) {
      const text = `You may be in ${maxRoomsPerClient} rooms at most.`;
      throw new RoomcastError("TOO_MANY_ROOMS", text);
    }
    const isNew = !this.#hub.rooms.has(roomId);
    this.#hub.registry.wake(room);
    const past = room.past as Past;
    const isRecovered = missed !== undefined && missed.past === past;
    past.attendance?.enter(client.user.id, past.position.seq);
    room.add(client);
    this.#hub.presence.joined(room, client);
    if (isRecovered) client.outbox.fallBehind().cursor(roomId, missed.since.seq);
    room.sendInfo(client, "room_info", id, since && isRecovered);
    if (isRecovered) this.#hub.catchUp.recover(client, room, missed.since.seq, missed.replay);
    if (isNew) this.#hub.notify("roomCreated", { room });
    this.#hub.notify("join", { client, room });
    return room;
  }

  /** Takes a client out of a room that it is in. */
  leave(client: Client<U, D>, room: Room<U, D>, reason: LeaveReason): void {
    const { typing, presence, registry, users } = this.#hub;
    const { id: userId } = client.user;
    typing.stop(client, room);
    room.remove(client);
    const lost = client.outbox.lag?.leave(room.id, room.seq) ?? 0;
    // One that is gone may yet come back for it.
    if (lost > 0 && client.isOpen) client.outbox.drop(lost);
    const isLast = !users.isAnyIn(userId, room.clients);
    if (isLast && reason !== "timeout") room.past?.attendance?.leave(userId);
    if (isLast) presence.left(room, client, reason);
    this.#hub.requests.left(client, room);
    if (room.isDeserted) registry.leave(room);
    this.#hub.notify("leave", { client, room, reason });
    if (room.isDeserted) this.#hub.notify("roomRemoved", { room });
  }

  /** The last member that might have come back does not. */
  deserted(room: Room<U, D>): void {
    if (!room.isDeserted || !this.#hub.rooms.has(room.id)) return;
    this.#hub.registry.leave(room);
    this.#hub.notify("roomRemoved", { room });
  }

  /** Takes a client out by the server's decision, and tells it. */
  remove(client: Client<U, D>, room: Room<U, D>, reason: LeaveReason): void {
    this.leave(client, room, reason);
    client.answer({ type: "removed", room: room.id, payload: { reason } });
  }

  /** Takes a user out of one room, or of all, wherever they are and whatever they are about to join. */
  revoke(userId: string, roomId: string | undefined): void {
    const isMeant = (id: string) => roomId === undefined || id === roomId;
    for (const ticket of this.#tickets) {
      if (ticket.userId === userId && isMeant(ticket.roomId)) ticket.isRevoked = true;
    }
    for (const client of [...this.#hub.users.clientsOf(userId)]) {
      for (const room of [...client.memberships.values()]) {
        if (isMeant(room.id)) this.remove(client, room, "kicked");
      }
    }
    for (const room of [...this.#hub.registry.all()]) {
      if (!isMeant(room.id)) continue;
      room.past?.attendance?.leave(userId);
      this.#hub.presence.dismiss(room, userId, "kicked");
    }
  }

  async #joinLater(
    client: Client<U, D>,
    roomId: string,
    since: Position | undefined,
    authorized: Promise<void> | undefined,
    recalled: Promise<Missed | undefined> | undefined,
    id: string | undefined,
  ): Promise<unknown> {
    const ticket: Ticket = { userId: client.user.id, roomId, isRevoked: false };
    this.#tickets.add(ticket);
    try {
      await authorized;
      const recalling = recalled ?? this.#recall(client, roomId, since);
      // What is not awaited cannot be overtaken.
      const missed = isPromiseLike(recalling) ? await recalling : recalling;
      if (ticket.isRevoked) missed?.past.release();
      check(!ticket.isRevoked, "join");
      return this.#answer(client, roomId, since, missed, id);
    } finally {
      this.#tickets.delete(ticket);
    }
  }

  #answer(
    client: Client<U, D>,
    roomId: string,
    since: Position | undefined,
    missed: Missed | undefined,
    id: string | undefined,
  ): unknown {
    const room = client.memberships.get(roomId);
    try {
      if (room === undefined) this.admit(client, roomId, id, since, missed);
      else room.sendInfo(client, "room_info", id);
    } finally {
      missed?.past.release();
    }
    return ANSWERED;
  }

  /**
   * What came after a position that a client was at. Nothing, if it cannot all be shown: it is of another
   * epoch, or has no history that reaches back so far, or the user was out of the room by decision.
   * What it returns holds the past, until it is released.
   */
  #recall(
    client: Client<U, D>,
    roomId: string,
    since: Position | undefined,
  ): Missed | undefined | Promise<Missed | undefined> {
    const past = this.#hub.registry.find(roomId)?.past;
    if (since === undefined || past === undefined) return undefined;
    const { epoch, seq } = past.position;
    if (since.epoch !== epoch || since.seq > seq) return undefined;
    // Where nothing was missed there is nothing to be shown.
    if (since.seq < seq && !past.attendance?.allows(client.user.id, since.seq)) return undefined;
    past.hold();
    const judge = (replay: Replay): Missed | undefined => {
      if (replay.from === since.seq + 1) return { past, since, replay };
      past.release();
      return undefined;
    };
    const replay = readPast(this.#hub, past, since.seq);
    return isPromiseLike(replay) ? replay.then(judge) : judge(replay);
  }
}

function check(verdict: unknown, action: Action): void {
  if (verdict === true) return;
  const what = action === "join" ? "join this room" : "send to this room";
  throw new RoomcastError("FORBIDDEN", `You may not ${what}.`);
}
