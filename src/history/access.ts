/** Most users remembered per room; those who were here last stay. */
const MAX_USERS = 10_000;

/**
 * Since when each user may read a room's messages. A user who has never been in the room, or was taken out
 * or left, is not shown earlier messages, whatever position they name.
 */
export class HistoryAccess {
  /** By user: the position at which they joined. The user who joined last is last. */
  readonly #since = new Map<string, number>();

  /** A user joins, at position `seq` unless they may read from earlier on. */
  grant(userId: string, seq: number): void {
    const since = this.#since.get(userId) ?? seq;
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

  /** Whether a user may be shown the messages after a position. */
  allows(userId: string, seq: number): boolean {
    const since = this.#since.get(userId);
    return since !== undefined && seq >= since;
  }
}
