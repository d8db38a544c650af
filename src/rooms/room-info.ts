import { Message } from "../delivery/message.js";
import type { User } from "../protocol/types.js";
import type { Clock } from "../util/clock.js";
import type { RoomState } from "./room-state.js";
import type { Users } from "./users.js";
import type { PresenceVisibility } from "./visibility.js";

/** What an answer has beside the members. */
interface Answer {
  readonly type: "room_info" | "online_users";
  readonly room: string;
  readonly show: PresenceVisibility;
  readonly recovered?: boolean | undefined;
  readonly max?: number | undefined;
  readonly id: string | undefined;
  readonly seq: number;
  readonly epoch?: string | undefined;
}

/**
 * Writes who is in a room. The members of a large room are much text, and many ask in one turn: they are written
 * once per turn and state of the room, and one who joins is added at the end.
 */
export class RoomInfo {
  readonly #clock: Clock;
  readonly #users: Users;
  readonly #show: (user: User) => unknown;
  /** The members as JSON, without the brackets, of rooms that were asked about in this turn. */
  readonly #members = new Map<RoomState, string>();

  /** @param show What is shown of a user. */
  constructor(clock: Clock, users: Users, show: (user: User) => unknown) {
    this.#clock = clock;
    this.#users = users;
    this.#show = show;
  }

  /** The members of a room have changed, or what is shown of them. */
  changed(state: RoomState): void {
    if (this.#members.size > 0) this.#members.delete(state);
  }

  /** A user became the last one in a room. */
  added(state: RoomState, user: User): void {
    if (this.#members.size === 0) return;
    const before = this.#members.get(state);
    // Those who are absent come behind.
    if (before === undefined || state.absent !== undefined) this.#members.delete(state);
    else this.#members.set(state, `${before}${before && ","}${JSON.stringify(this.#show(user))}`);
  }

  /** The answer, about a room that there is or not. The text is what `JSON.stringify` would write. */
  message(state: RoomState | undefined, answer: Answer): Message {
    const { type, room, show, recovered, max, id, seq, epoch } = answer;
    const name = JSON.stringify(room);
    let text = `{"type":"${type}","room":${name},"payload":{"room_id":${name}`;
    if (show === "members") text += `,"users":[${state === undefined ? "" : this.#text(state)}]`;
    if (show !== "none") text += `,"count":${state?.memberCount ?? 0}`;
    if (recovered !== undefined) text += `,"recovered":${recovered}`;
    if (max !== undefined) text += `,"max":${max}`;
    text += "}";
    if (id !== undefined) text += `,"id":${JSON.stringify(id)}`;
    text += `,"seq":${seq}`;
    if (epoch !== undefined) text += `,"epoch":${JSON.stringify(epoch)}`;
    return new Message({ type, room, seq }, "queue", `${text}}`);
  }

  #text(state: RoomState): string {
    const known = this.#members.get(state);
    if (known !== undefined) return known;
    const users = this.#users.distinct(state).map(({ identity }) => this.#show(identity));
    for (const { identity, state: shown, isShown } of state.absent?.values() ?? []) {
      const reconnecting = isShown || undefined;
      users.push({ ...identity, reconnecting, state: shown });
    }
    const text = JSON.stringify(users).slice(1, -1);
    if (this.#members.size === 0) this.#clock.setImmediate(() => this.#members.clear());
    this.#members.set(state, text);
    return text;
  }
}
