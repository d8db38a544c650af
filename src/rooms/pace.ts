import type { SteadyClock } from "../util/clock.js";

/** The time (ms) in which changes are counted, from the first one on. */
const PERIOD = 1_000;

/** Most changes in that time that are told at once. */
const AT_ONCE = 2;

/** The changes of one thing in the last while. */
interface Changes {
  readonly endsAt: number;
  count: number;
  /** Tells the last state when the time is over; undefined where all changes were told. */
  tellLast: (() => void) | undefined;
}

/**
 * How often others are told that something changes which one client can change at will. Two changes within a
 * second are told at once; of those that follow only the last state is told, when the second is over.
 */
export class Pace {
  readonly #clock: SteadyClock;
  /** Those whose time ends first are first. */
  readonly #changes = new Map<string, Changes>();
  #timer: unknown;

  constructor(clock: SteadyClock) {
    this.#clock = clock;
  }

  /** A change: returns whether it is to be told now. If not, `tellLast` runs later, or that of a later change. */
  mayTell(key: string, tellLast: () => void): boolean {
    const now = this.#clock.monotonic();
    this.#forget(now);
    const changes = this.#changes.get(key);
    if (changes === undefined) {
      this.#changes.set(key, { endsAt: now + PERIOD, count: 1, tellLast: undefined });
      return true;
    }
    if (changes.count < AT_ONCE) {
      changes.count++;
      return true;
    }
    changes.tellLast = tellLast;
    this.#watch(now);
    return false;
  }

  /** The last state is told otherwise. */
  told(key: string): void {
    const changes = this.#changes.get(key);
    if (changes !== undefined) changes.tellLast = undefined;
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#changes.clear();
  }

  /** Forgets what is over and was told. */
  #forget(now: number): void {
    for (const [key, { endsAt, tellLast }] of this.#changes) {
      if (endsAt > now || tellLast !== undefined) break;
      this.#changes.delete(key);
    }
  }

  /** One timer serves all, and there is none while nothing waits. */
  #watch(now: number): void {
    for (const { endsAt } of this.#changes.values()) {
      this.#timer ??= this.#clock.setTimeout(this.#end, endsAt - now);
      break;
    }
  }

  readonly #end = (): void => {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    const due: (() => void)[] = [];
    let isWaiting = false;
    for (const [key, { endsAt, tellLast }] of this.#changes) {
      if (endsAt > now) {
        isWaiting ||= tellLast !== undefined;
        continue;
      }
      this.#changes.delete(key);
      if (tellLast === undefined) continue;
      due.push(tellLast);
      this.#changes.set(key, { endsAt: now + PERIOD, count: 1, tellLast: undefined });
    }
    if (isWaiting) this.#watch(now);
    for (const tell of due) tell();
  };
}

/** What tells a user in a room apart. */
export function keyOf(roomId: string, userId: string): string {
  // Both may hold any character, so no character can part them.
  return `${roomId.length}:${roomId}${userId}`;
}
