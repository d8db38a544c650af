import type { SteadyClock } from "./clock.js";

/** Time (ms) between two of one kind. */
const PERIOD = 1_000;

/** Most kinds that are told apart; further ones count as one. */
const MAX_KINDS = 100;

/** Lets one of each kind pass a second, and counts the others: strangers can cause them at will. */
export class Throttle {
  readonly #clock: Pick<SteadyClock, "monotonic">;
  /** By kind, the one that passed first is first. */
  readonly #kinds = new Map<string, { passedAt: number; left: number }>();

  constructor(clock: Pick<SteadyClock, "monotonic">) {
    this.#clock = clock;
  }

  /** Returns how many of a kind were left out since one passed; undefined for one that is to be left out. */
  pass(kind = ""): number | undefined {
    const now = this.#clock.monotonic();
    const known = this.#kinds.get(kind);
    if (known === undefined) {
      if (kind !== "" && !this.#hasRoom(now)) return this.pass();
      this.#kinds.set(kind, { passedAt: now, left: 0 });
      return 0;
    }
    if (now - known.passedAt < PERIOD) {
      known.left++;
      return undefined;
    }
    const { left } = known;
    known.passedAt = now;
    known.left = 0;
    return left;
  }

  /** Whether there is room for one more kind. Kinds of which nothing was left out can be forgotten. */
  #hasRoom(now: number): boolean {
    if (this.#kinds.size < MAX_KINDS) return true;
    for (const [kind, { passedAt, left }] of this.#kinds) {
      if (left === 0 && now - passedAt >= PERIOD) this.#kinds.delete(kind);
    }
    return this.#kinds.size < MAX_KINDS;
  }
}

/** How many were left out, in words. */
export function leftOut(count: number): string {
  return `(${count} more since the last report.)`;
}
