import type { AnyClient } from "../client.js";
import { type Excluded, fanOut } from "../delivery/fan-out.js";
import { skipped } from "../delivery/lag.js";
import { Message } from "../delivery/message.js";
import type { Timeline } from "../history/timeline.js";
import { senderOf } from "../protocol/envelope.js";
import type { ServerEnvelope } from "../protocol/messages.js";
import type { User } from "../protocol/types.js";
import { type AnyRoom, Room, type RoomHost } from "../room.js";
import type { Deadline } from "../util/deadline.js";
import type { Visibility } from "./visibility.js";

/** A member whose last connection broke, and who may still reconnect. */
export interface AbsentMember {
  /** As the rooms show it. */
  readonly identity: User;
  /** The application's own object. */
  readonly user: User;
  readonly state: unknown;
  deadline: Deadline | undefined;
  /** Whether the others have been told. */
  isShown: boolean;
}

/** What rooms of one hub with the same options share: a pointer less for each of them. */
export interface RoomKind {
  readonly host: RoomHost;
  readonly visibility: Visibility;
}

/** A room as the parts of the hub see it: who is in it, and how far it has got. */
export class RoomState {
  readonly id: string;
  /** In the order in which they joined; changed by Membership alone. */
  readonly clients = new Set<AnyClient>();
  /** How many users these are; counted by Membership. */
  userCount = 0;
  readonly timeline: Timeline;
  readonly kind: RoomKind;
  /** By user id; changed by Presence alone. */
  absent: Map<string, AbsentMember> | undefined;
  /** For whom it is kept once nobody is in it: a user's id, empty for the application; undefined for guests. */
  owner: string | undefined;
  /** Whether somebody's line broke here, who may come back and name a position; as `owner` kept by DormantRooms. */
  isClaimed = false;
  #room: AnyRoom | undefined;

  constructor(kind: RoomKind, id: string, timeline: Timeline) {
    this.kind = kind;
    this.id = id;
    this.timeline = timeline;
  }

  /** The handle that applications hold, made at first use and the same ever after. */
  get room(): AnyRoom {
    this.#room ??= new Room(this.kind.host, this.id);
    return this.#room;
  }

  /** How many members there are: users who are here, and those who are absent. */
  get memberCount(): number {
    return this.userCount + (this.absent?.size ?? 0);
  }

  /** Whether the room has no client, and no absent member. */
  get isDeserted(): boolean {
    return this.clients.size === 0 && this.absent === undefined;
  }

  /**
   * Gives a message its position, keeps it as the room's history says, and sends it to everyone here.
   * Clients that are left out are told so, except a sender that gets the position with its `ack`. Returns the
   * `seq`.
   */
  publish(
    type: string,
    payload: unknown,
    timestamp: string,
    from: AnyClient | undefined,
    excluded: Excluded<AnyClient>,
    isAcked = false,
  ): number {
    const { id, timeline } = this;
    const seq = timeline.seq + 1;
    const sender = senderOf(from);
    const message = new Message({ type, room: id, payload, sender, timestamp, seq }, "replay");
    timeline.append(message);
    fanOut(message, this.clients, excluded);
    if (excluded instanceof Set) this.#skip(excluded, seq, isAcked);
    else if (excluded !== undefined) this.#skip([excluded as AnyClient], seq, isAcked);
    return seq;
  }

  /** Sends a message that has no position to everyone here; `deferBy` as `Outbox.push` has it. */
  send(message: Message, excluded?: Excluded<AnyClient>, deferBy?: number): void {
    fanOut(message, this.clients, excluded, deferBy);
  }

  /** Tells everyone here what holds for the moment: who joined, who types. Missing it is no gap. */
  announce(
    announcement: Pick<ServerEnvelope, "type" | "payload"> & { readonly sender?: User | undefined },
    timestamp: string,
    excluded?: Excluded<AnyClient>,
    deferBy?: number,
  ): void {
    const { type, payload, sender } = announcement;
    const message = new Message({ type, room: this.id, payload, sender, timestamp }, "resync");
    fanOut(message, this.clients, excluded, deferBy);
  }

  /** Tells those who were left out. With `isAcked` only one that is behind: its ack overtakes what it is owed. */
  #skip(excluded: Iterable<AnyClient>, seq: number, isAcked: boolean): void {
    let message: Message | undefined;
    for (const client of excluded) {
      if (!this.clients.has(client) || (isAcked && client.outbox.lag === undefined)) continue;
      message ??= skipped(this.id, seq);
      client.outbox.push(message);
    }
  }
}
