import type { Envelope, Member, Position, RoomInfo } from "../protocol/types.js";
import { type Gap, RoomCursor } from "./cursor.js";
import type { ConnectionError } from "./errors.js";
import { type HoldingEmitter, Notice } from "./holding-emitter.js";

/** Message types that change who is in a room. */
export const PRESENCE = /^(room_info|user_(joined|left|reconnecting|returned|updated|count))$/;

/** Where to begin in a room. */
interface JoinStart {
  readonly since?: Position | null | undefined;
  readonly last?: number | undefined;
}

/** State of one room that was joined, shared by all its handles. */
export class Membership {
  readonly id: string;
  readonly #start: JoinStart;
  /** Listeners of each handle that was not left, and what to run when the room is left. */
  readonly handles = new Map<HoldingEmitter, () => void>();
  readonly cursor = new RoomCursor();
  /** The members now; a new array for each change. */
  list: readonly Member[] = [];
  readonly #members = new Map<string, Member>();
  /** Number of users; undefined if the room does not say. */
  count: number | undefined;
  /** Whether the server let us in on the current connection. */
  isJoined = false;
  /** Whether it ever did. */
  hasEntered = false;
  /** Whether the server had stopped in order when the last connection was lost. */
  isCleanStop = false;
  /** How often the server failed to let us in again. */
  failures = 0;
  /** Why the room was left. */
  error: ConnectionError | undefined;
  /** Resolves when the server has let us in, rejects when it will not. */
  readonly entered: Promise<void>;
  /** Settles `entered`. */
  enter: () => void = () => {};
  refuse: (error: ConnectionError) => void = () => {};

  constructor(id: string, start: JoinStart) {
    this.id = id;
    this.#start = start;
    const { epoch, seq } = start.since ?? {};
    // Anything else is for the server to refuse.
    if (typeof epoch === "string" && Number.isInteger(seq)) {
      this.cursor.epoch = epoch;
      this.cursor.seq = seq as number;
    }
    this.entered = new Promise((resolve, reject) => {
      this.enter = resolve;
      this.refuse = reject;
    });
    // Nobody may wait for it any more.
    this.entered.catch(() => {});
  }

  /** The payload that asks the server to let us in. */
  get request(): object {
    const { id, cursor, hasEntered } = this;
    const { since, last } = this.#start;
    return {
      room_id: id,
      since: cursor.epoch ? cursor : (since ?? undefined),
      last: hasEntered ? undefined : last,
    };
  }

  /**
   * Applies a message; returns what to tell the handles, in order. Undefined if the message is not for this
   * room.
   */
  receive(envelope: Envelope, size: number): Notice[] | undefined {
    const { type, seq, payload } = envelope;
    const { cursor } = this;
    const { epoch } = cursor;
    const isInfo = type === "room_info";
    const isPresence = PRESENCE.test(type);
    if (!isInfo && !this.isJoined) return undefined;
    if (isPresence) this.#updateMembers(type, payload as RoomInfo & Member);
    else if (seq && !cursor.count(seq)) return [];
    if (type === "ack" || type === "skipped") return [];
    if (isInfo) {
      this.isJoined = true;
      this.hasEntered = true;
      this.enter();
    }
    const gaps = isInfo
      ? cursor.set(envelope, this.isCleanStop)
      : cursor.advance(type === "gap" ? (payload as Gap).to : seq);
    const notices = gaps.map((gap) => new Notice("gap", gap, 0, gap, epoch));
    if (type === "gap") return notices;
    if (isPresence) notices.push(new Notice("members", this.list));
    const missing = seq && !isPresence ? { from: seq, to: seq } : undefined;
    notices.push(new Notice(type, envelope, size, missing, cursor.epoch));
    return notices;
  }

  #updateMembers(type: string, payload: RoomInfo & Member): void {
    const { id, users = [] } = payload;
    const members = this.#members;
    if (type === "room_info") {
      members.clear();
      for (const user of users) members.set(user.id, user);
    } else if (type === "user_left") {
      members.delete(id);
    } else if (type === "user_reconnecting") {
      members.set(id, { ...members.get(id), ...payload, reconnecting: true });
    } else if (id) {
      members.set(id, payload);
    }
    if (type !== "user_count") this.list = Object.freeze([...members.values()]);
    this.count = payload.count ?? (members.size || undefined);
  }
}
