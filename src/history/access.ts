/** So many users are remembered per room; of more, those that were here last. */
const MAX_USERS = 10_000;

/**
 * Since when each user may know what is said in a room: who has never been in it, or was out of it by
 * decision, is not shown what was said until then, whatever position they name.
 */
export class Attendance {
  /** By user: the position at which they came in. Whoever came last is last. */
  readonly #since = new Map<string, number>();

  /** A user is here, new at `seq` unless they have been here all the while. */
  enter(userId: string, seq: number): void {
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
  leave(userId: string): void {
    this.#since.delete(userId);
  }

  /** Whether a user may be shown what came after a position. */
  allows(userId: string, seq: number): boolean {
    const since = this.#since.get(userId);
    return since !== undefined && seq >= since;
  }
}
