import type { Envelope, Member, RoomInfo } from "../protocol/types.js";
import type { ConnectionError } from "./errors.js";
import { Progress } from "./position.js";
import type { Room } from "./room.js";

/** Messages that change who is in a room. */
const PRESENCE = /^(room_info|user_(joined|left|reconnecting|returned|updated|count))$/;

/** Our place in one room, shared by all handles to it. */
export class Membership {
  readonly id: string;
  readonly handles = new Set<Room>();
  readonly progress = new Progress();
  readonly members = new Map<string, Member>();
  /** How many users; undefined where the room does not say. */
  count: number | undefined;
  /** Whether the server has let us in, on the line of now. */
  isJoined = false;
  /** Why we are out. */
  error: ConnectionError | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /**
   * Takes in a message, and hands it on to the handles. Returns what their listeners return; undefined if
   * it is none of ours, or nobody listened.
   */
  receive(envelope: Envelope): Promise<unknown>[] | undefined {
    const { type, seq, payload } = envelope;
    const isInfo = type === "room_info";
    const isPresence = PRESENCE.test(type);
    if (!isInfo && !this.isJoined) return undefined;
    if (isPresence) this.#update(type, payload as RoomInfo & Member);
    else if (seq && !this.progress.count(seq)) return [];
    if (type === "ack" || type === "skipped") return [];
    this.isJoined = true;
    const gaps = isInfo
      ? this.progress.enter(envelope)
      : this.progress.advance(type === "gap" ? (payload as { to: number }).to : seq);
    for (const gap of gaps) this.emit("gap", gap);
    if (type === "gap") return [];
    if (isPresence) this.emit("members", [...this.members.values()]);
    const results = this.emit(type, envelope);
    return isPresence || results.length ? results : undefined;
  }

  /** Tells all handles. */
  emit(name: string, event: unknown): Promise<unknown>[] {
    return [...this.handles].flatMap(({ emitter }) => emitter.emit(name, event));
  }

  #update(type: string, payload: RoomInfo & Member): void {
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
