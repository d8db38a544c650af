import type { Position } from "../../index.js";
import type { Fail } from "./rules.js";

/** The positions that a member may see: after `from`, up to and including `to`. */
interface Membership {
  readonly from: number;
  to: number;
}

/**
 * The truth that everything else is compared with: which message has which position, who was excluded from
 * it, who was in which room between which positions, and who has permission to be there.
 */
export class ReferenceModel {
  readonly #fail: Fail;
  /** Type and payload as text, by room, epoch and position. */
  readonly #messages = new Map<string, string>();
  /** The last position of each room, by room and epoch. */
  readonly #last = new Map<string, number>();
  /** By room, epoch, position and link. */
  readonly #exclusions = new Set<string>();
  /** By room, epoch and user. */
  readonly #memberships = new Map<string, Membership[]>();
  /** By user and room. */
  readonly #banned = new Set<string>();
  /** How often a user was removed, by user and room. */
  readonly #removals = new Map<string, number>();

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  /** Notes which message has a position. `source` names who says so: the server, or a receiver. */
  recordMessage(
    room: string,
    { epoch, seq }: Position,
    { type, payload }: { readonly type: string; readonly payload?: unknown },
    source: string,
  ): void {
    const key = `${room} ${epoch} ${seq}`;
    const message = `${type} ${JSON.stringify(payload)}`;
    const known = this.#messages.get(key);
    if (known === undefined) {
      this.#messages.set(key, message);
      this.#last.set(`${room} ${epoch}`, Math.max(seq, this.lastSeq(room, epoch)));
    } else if (known !== message) {
      const text = `${source} has ${shorten(message)} as number ${seq} of ${room}, which was ${shorten(known)}`;
      this.#fail("one message per position", text);
    }
  }

  /** The last position of a room in one epoch; 0 where nothing was sent. */
  lastSeq(room: string, epoch: string): number {
    return this.#last.get(`${room} ${epoch}`) ?? 0;
  }

  /** Whether the message at a position is a broadcast of the server. */
  isBroadcast(room: string, { epoch, seq }: Position): boolean {
    return this.#messages.get(`${room} ${epoch} ${seq}`)?.startsWith("news ") === true;
  }

  /** Notes that a link was excluded from the message at a position. */
  recordExclusion(room: string, { epoch, seq }: Position, link: number): void {
    this.#exclusions.add(`${room} ${epoch} ${seq} ${link}`);
  }

  /** Whether a link was excluded from the message at a position. */
  isExcluded(room: string, { epoch, seq }: Position, link: number): boolean {
    return this.#exclusions.has(`${room} ${epoch} ${seq} ${link}`);
  }

  /** Notes that a user is in a room from this position on, if not in it already. */
  recordJoin(user: string, room: string, { epoch, seq }: Position): void {
    const key = `${room} ${epoch} ${user}`;
    const memberships = this.#memberships.get(key) ?? [];
    this.#memberships.set(key, memberships);
    if (memberships.at(-1)?.to === Number.POSITIVE_INFINITY) return;
    memberships.push({ from: seq, to: Number.POSITIVE_INFINITY });
  }

  /** Notes that a user left a room or was removed, at this position. */
  recordLeave(user: string, room: string, { epoch, seq }: Position): void {
    const membership = this.#memberships.get(`${room} ${epoch} ${user}`)?.at(-1);
    if (membership !== undefined) membership.to = Math.min(membership.to, seq);
  }

  /** Whether a user was in the room when the message at this position was sent. */
  maySee(user: string, room: string, { epoch, seq }: Position): boolean {
    const memberships = this.#memberships.get(`${room} ${epoch} ${user}`) ?? [];
    return memberships.some(({ from, to }) => from < seq && seq <= to);
  }

  /** Whether a user has permission to be in a room. */
  mayJoin(user: string, room: string): boolean {
    return !this.#banned.has(`${user} ${room}`);
  }

  /** Notes that a user is removed from a room, and whether it loses permission. */
  recordRemoval(user: string, room: string, isBanned: boolean): void {
    const key = `${user} ${room}`;
    this.#removals.set(key, this.removals(user, room) + 1);
    if (isBanned) this.#banned.add(key);
  }

  /** Gives a user permission back. */
  permit(user: string, room: string): void {
    this.#banned.delete(`${user} ${room}`);
  }

  /** How often a user was removed from a room so far. */
  removals(user: string, room: string): number {
    return this.#removals.get(`${user} ${room}`) ?? 0;
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
