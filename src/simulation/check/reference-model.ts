import type { Position } from "../../index.js";

/** Tells of a rule that was broken. */
export type Fail = (rule: string, text: string) => void;

/** The positions at which a user may see what is said in a room: beyond `from`, up to `to`. */
interface Stay {
  readonly from: number;
  to: number;
}

/**
 * What really happened: what was said where, who was left out of it, who was in which room when, and who
 * may be. Everything that anybody is shown is held against it.
 */
export class ReferenceModel {
  readonly #fail: Fail;
  /** By room, epoch and position: the type and the payload, as text. */
  readonly #said = new Map<string, string>();
  /** By room, epoch, position and link. */
  readonly #leftOut = new Set<string>();
  /** By room, epoch and user. */
  readonly #stays = new Map<string, Stay[]>();
  /** By user and room. */
  readonly #banned = new Set<string>();
  /** By user and room: how often the user was taken out. */
  readonly #removals = new Map<string, number>();

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  /** Somebody claims that this was said: the server that says it, or whoever received it. */
  said(room: string, { epoch, seq }: Position, type: string, payload: unknown, by: string): void {
    const key = `${room} ${epoch} ${seq}`;
    const what = `${type} ${JSON.stringify(payload)}`;
    const known = this.#said.get(key);
    if (known === undefined) this.#said.set(key, what);
    else if (known !== what) {
      const text = `${by} has ${short(what)} as number ${seq} of ${room}, which was ${short(known)}`;
      this.#fail("one message per position", text);
    }
  }

  /** Whether something is known to be a broadcast of the simulation's own. */
  isNews(room: string, { epoch, seq }: Position): boolean {
    return this.#said.get(`${room} ${epoch} ${seq}`)?.startsWith("news ") === true;
  }

  /** A link was left out of what was said. */
  leftOut(room: string, { epoch, seq }: Position, link: number): void {
    this.#leftOut.add(`${room} ${epoch} ${seq} ${link}`);
  }

  /** Whether a link was left out of what was said. */
  isLeftOut(room: string, { epoch, seq }: Position, link: number): boolean {
    return this.#leftOut.has(`${room} ${epoch} ${seq} ${link}`);
  }

  /** A user is in a room from this position on, unless in it already. */
  enter(user: string, room: string, { epoch, seq }: Position): void {
    const key = `${room} ${epoch} ${user}`;
    const stays = this.#stays.get(key) ?? [];
    this.#stays.set(key, stays);
    if (stays.at(-1)?.to === Number.POSITIVE_INFINITY) return;
    stays.push({ from: seq, to: Number.POSITIVE_INFINITY });
  }

  /** A user is out of a room by decision, from this position on. */
  leave(user: string, room: string, { epoch, seq }: Position): void {
    const stay = this.#stays.get(`${room} ${epoch} ${user}`)?.at(-1);
    if (stay !== undefined) stay.to = Math.min(stay.to, seq);
  }

  /** Whether a user was in a room when something was said. */
  maySee(user: string, room: string, { epoch, seq }: Position): boolean {
    const stays = this.#stays.get(`${room} ${epoch} ${user}`) ?? [];
    return stays.some(({ from, to }) => from < seq && seq <= to);
  }

  /** Whether a user may be in a room. */
  mayEnter(user: string, room: string): boolean {
    return !this.#banned.has(`${user} ${room}`);
  }

  /** The user is taken out of a room; `isBanned` says whether for good. */
  remove(user: string, room: string, isBanned: boolean): void {
    const key = `${user} ${room}`;
    this.#removals.set(key, this.removals(user, room) + 1);
    if (isBanned) this.#banned.add(key);
  }

  /** The user may be in a room again. */
  allow(user: string, room: string): void {
    this.#banned.delete(`${user} ${room}`);
  }

  /** How often a user was taken out of a room so far. */
  removals(user: string, room: string): number {
    return this.#removals.get(`${user} ${room}`) ?? 0;
  }
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
