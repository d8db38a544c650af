import type { Envelope, Member, Position, RoomInfo } from "../protocol/types.js";
import { type Gap, RoomCursor } from "./cursor.js";
import type { ConnectionError } from "./errors.js";
import type { HoldingEmitter, News } from "./holding-emitter.js";

/** Messages that change who is in a room. */
export const PRESENCE = /^(room_info|user_(joined|left|reconnecting|returned|updated|count))$/;

/** Where to begin in a room. */
interface JoinStart {
  readonly since?: Position | null | undefined;
  readonly last?: number | undefined;
}

/** State of one room that was joined, shared by all its handles. */
export class Membership {
  readonly id: string;
  /** Handles that were not left. */
  readonly handles = new Set<HoldingEmitter>();
  readonly cursor = new RoomCursor();
  /** The members now; a new array for each change. */
  list: readonly Member[] = [];
  /** Number of users; undefined if the room does not say. */
  count: number | undefined;
  /** Whether the server let us in on the current connection. */
  isJoined = false;
  /** Whether it ever did. */
  hasEntered = false;
  /** Whether the server had stopped in order when the last connection was lost. */
  isCleanStop = false;
  /** Why the room was left. */
  error: ConnectionError | undefined;
  readonly #start: JoinStart;
  readonly #members = new Map<string, Member>();

  constructor(id: string, start: JoinStart) {
    this.id = id;
    this.#start = start;
    const { epoch, seq } = start.since ?? {};
    // Anything else is for the server to refuse.
    if (typeof epoch === "string" && Number.isInteger(seq))
      Object.assign(this.cursor, { epoch, seq });
  }

  /** The payload that asks the server to let us in. */
  get request(): object {
    const { cursor, hasEntered } = this;
    const { since, last } = this.#start;
    return {
      room_id: this.id,
      since: cursor.epoch ? cursor : (since ?? undefined),
      last: hasEntered ? undefined : last,
    };
  }

  /**
   * Applies a message; returns what to tell the handles, in order.
   */
  receive(message: Envelope, size: number): News[] {
    const { type: name, seq, payload } = message;
    const { cursor } = this;
    const { epoch } = cursor;
    const isInfo = name === "room_info";
    const isPresence = PRESENCE.test(name);
    const isOurs = isInfo || this.isJoined;
    if (!isOurs || (!isPresence && seq && !cursor.count(seq))) return [];
    if (isPresence) this.#updateMembers(name, payload as RoomInfo & Member);
    const isCounted = /^(ack|skipped)$/.test(name);
    const to = name === "gap" ? (payload as Gap).to : isCounted ? 0 : seq;
    const gaps = isInfo ? cursor.set(message, this.isCleanStop) : cursor.advance(to);
    if (isCounted) return [];
    if (isInfo) this.isJoined = this.hasEntered = true;
    const news: News[] = gaps.map((gap) => ({ name: "gap", event: gap, gap, epoch }));
    if (isPresence) news.push({ name: "members", event: this.list });
    if (name !== "gap") {
      const gap = seq && !isPresence ? { from: seq, to: seq } : undefined;
      news.push({ name, event: message, message, size, gap, epoch: cursor.epoch });
    }
    return news;
  }

  #updateMembers(type: string, payload: RoomInfo & Member): void {
    const { id, users } = payload;
    const members = this.#members;
    if (type === "room_info") {
      members.clear();
      for (const user of users ?? []) members.set(user.id, user);
    } else if (type === "user_left") members.delete(id);
    else if (type === "user_reconnecting") {
      members.set(id, { ...members.get(id), ...payload, reconnecting: true });
    } else if (id) members.set(id, payload);
    if (type !== "user_count") this.list = Object.freeze([...members.values()]);
    this.count = payload.count ?? (members.size || undefined);
  }
}
