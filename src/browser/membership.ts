import type { Envelope, Member, RoomInfo } from "../protocol/types.js";
import { RoomCursor } from "./cursor.js";
import type { Emitter } from "./emitter.js";
import type { ConnectionError } from "./errors.js";

/** Message types that change who is in a room. */
const PRESENCE = /^(room_info|user_(joined|left|reconnecting|returned|updated|count))$/;

/** State of one room that was joined, shared by all its handles. */
export class Membership {
  readonly id: string;
  /** Listeners of each handle that was not left. */
  readonly handles = new Set<Emitter>();
  readonly cursor = new RoomCursor();
  readonly members = new Map<string, Member>();
  /** Number of users; undefined if the room does not say. */
  count: number | undefined;
  /** Whether the server let us in on the current connection. */
  isJoined = false;
  /** Why the room was left. */
  error: ConnectionError | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /**
   * Applies a message and emits it on all handles. Returns what their listeners return; undefined
   * if the message is not for this room, or nobody listened.
   */
  receive(envelope: Envelope): Promise<unknown>[] | undefined {
    const { type, seq, payload } = envelope;
    const isInfo = type === "room_info";
    const isPresence = PRESENCE.test(type);
    if (!isInfo && !this.isJoined) return undefined;
    if (isPresence) this.#updateMembers(type, payload as RoomInfo & Member);
    else if (seq && !this.cursor.count(seq)) return [];
    if (type === "ack" || type === "skipped") return [];
    this.isJoined = true;
    const gaps = isInfo
      ? this.cursor.set(envelope)
      : this.cursor.advance(type === "gap" ? (payload as { to: number }).to : seq);
    for (const gap of gaps) this.emit("gap", gap);
    if (type === "gap") return [];
    if (isPresence) this.emit("members", [...this.members.values()]);
    const results = this.emit(type, envelope);
    return isPresence || results.length ? results : undefined;
  }

  /** Emits on all handles. */
  emit(name: string, event: unknown): Promise<unknown>[] {
    return [...this.handles].flatMap((emitter) => emitter.emit(name, event));
  }

  #updateMembers(type: string, payload: RoomInfo & Member): void {
    const { id, users = [] } = payload;
    if (type === "room_info") {
      this.members.clear();
      for (const user of users) this.members.set(user.id, user);
    } else if (type === "user_left") {
      this.members.delete(id);
    } else if (type === "user_reconnecting") {
      this.members.set(id, { ...this.members.get(id), ...payload, reconnecting: true });
    } else if (id) {
      this.members.set(id, payload);
    }
    this.count = payload.count ?? (this.members.size || undefined);
  }
}
