/** Most users remembered per room who are no members any more; those who were members last stay. */
const MAX_AWAY = 10_000;

/** Most users whose access has ended everywhere, and which rooms that were not asked since have yet to hear of. */
const MAX_REVOKED = 1_000;

/**
 * The users whose access has ended in all rooms. A room hears of them when it is next asked: so that ending a
 * user's access costs the same for one room and for a hundred thousand.
 */
export class Revocations {
  /** In order. A user may be there several times. */
  readonly #users: string[] = [];
  /** How many have been dropped from the beginning. */
  #dropped = 0;

  /** How many there have been. */
  get count(): number {
    return this.#dropped + this.#users.length;
  }

  /** Whether nobody else may be added before all rooms have heard of those who are there. */
  get isFull(): boolean {
    return this.#users.length >= MAX_REVOKED;
  }

  /** A user's access ends in all rooms. */
  add(userId: string): void {
    this.#users.push(userId);
  }

  /** Those that came after the first `count`. */
  after(count: number): readonly string[] {
    return count === this.count ? NOBODY : this.#users.slice(count - this.#dropped);
  }

  /** All rooms have heard of all. */
  clear(): void {
    this.#dropped = this.count;
    this.#users.length = 0;
  }
}

const NOBODY: readonly string[] = [];

/**
 * Since when each user may read a room's messages. A user who has never been in the room, or was taken out
 * or left, is not shown earlier messages, whatever position they name.
 */
export class HistoryAccess {
  /** Of the members, also absent ones: the position at which each joined. */
  readonly #members = new Map<string, number>();
  /** Of those who are no members any more: the same. Who was one last is last. */
  #away: Map<string, number> | undefined;
  readonly #revocations: Revocations;
  /** How many of the revocations have been heard of. */
  #heard: number;

  constructor(revocations: Revocations) {
    this.#revocations = revocations;
    this.#heard = revocations.count;
  }

  /** Ends the access of those who were revoked since this was last called. */
  catchUp(): void {
    for (const userId of this.#revocations.after(this.#heard)) this.end(userId);
    this.#heard = this.#revocations.count;
  }

  /** A user joins, at position `seq` unless they may read from earlier on. */
  grant(userId: string, seq: number): void {
    const since = Math.min(this.since(userId) ?? seq, seq);
    this.#away?.delete(userId);
    this.#members.set(userId, since);
  }

  /** A user is no member any more, and may come back. */
  away(userId: string): void {
    this.catchUp();
    const since = this.#members.get(userId);
    if (since === undefined) return;
    this.#members.delete(userId);
    this.#away ??= new Map();
    this.#away.set(userId, since);
    if (this.#away.size <= MAX_AWAY) return;
    for (const longest of this.#away.keys()) {
      this.#away.delete(longest);
      break;
    }
  }

  /** A user leaves by decision: their own or the server's. */
  end(userId: string): void {
    this.#members.delete(userId);
    this.#away?.delete(userId);
  }

  /** The position after which a user may be shown messages; undefined for none. */
  since(userId: string): number | undefined {
    this.catchUp();
    return this.#members.get(userId) ?? this.#away?.get(userId);
  }
}
