/** Most users remembered per room; those who were here last stay. */
const MAX_USERS = 10_000;

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
  /** By user: the position at which they joined. The user who joined last is last. */
  readonly #since = new Map<string, number>();
  readonly #revocations: Revocations;
  /** How many of the revocations have been heard of. */
  #heard: number;

  constructor(revocations: Revocations) {
    this.#revocations = revocations;
    this.#heard = revocations.count;
  }

  /** Ends the access of those who were revoked since this was last called. */
  catchUp(): void {
    for (const userId of this.#revocations.after(this.#heard)) this.#since.delete(userId);
    this.#heard = this.#revocations.count;
  }

  /** A user joins, at position `seq` unless they may read from earlier on. */
  grant(userId: string, seq: number): void {
    this.catchUp();
    const since = Math.min(this.#since.get(userId) ?? seq, seq);
    this.#since.delete(userId);
    this.#since.set(userId, since);
    if (this.#since.size <= MAX_USERS) return;
    for (const oldest of this.#since.keys()) {
      this.#since.delete(oldest);
      break;
    }
  }

  /** A user leaves by decision: their own or the server's. */
  end(userId: string): void {
    this.#since.delete(userId);
  }

  /** The position after which a user may be shown messages; undefined for none. */
  since(userId: string): number | undefined {
    this.catchUp();
    return this.#since.get(userId);
  }
}
