/**
 * Who holds how much of something of which there is a limited number: so that who holds most gives way first,
 * and nobody can take away what others hold by holding much.
 */
export class Shares<T> {
  /** By holder, the oldest first. */
  readonly #held = new Map<string, Set<T>>();
  /** By how many they hold: the holders; who came to that number first is first. The last one is not empty. */
  readonly #holders: Set<string>[] = [];
  #size = 0;

  /** How many are held by all. */
  get size(): number {
    return this.#size;
  }

  /** What one holds, the oldest first. */
  of(holder: string): ReadonlySet<T> {
    return this.#held.get(holder) ?? NOTHING;
  }

  /** Adds one. */
  add(holder: string, item: T): void {
    const held = this.#held.get(holder) ?? new Set();
    if (held.has(item)) return;
    this.#held.set(holder, held);
    held.add(item);
    this.#size++;
    this.#move(holder, held.size - 1, held.size);
  }

  /** Takes one away, if it is there. */
  delete(holder: string, item: T): void {
    const held = this.#held.get(holder);
    if (!held?.delete(item)) return;
    if (held.size === 0) this.#held.delete(holder);
    this.#size--;
    this.#move(holder, held.size + 1, held.size);
  }

  /** Who would hold most if one got one more: of those that hold the same, another. Undefined if nobody holds any. */
  greediest(holder: string): string | undefined {
    const [first] = this.#holders.at(-1) ?? [];
    return this.of(holder).size >= this.#holders.length && this.#size > 0 ? holder : first;
  }

  /** The sets by number begin with that of one: who holds nothing is nowhere. */
  #move(holder: string, before: number, now: number): void {
    this.#holders[before - 1]?.delete(holder);
    if (now > 0) {
      const same = this.#holders[now - 1] ?? new Set();
      this.#holders[now - 1] = same;
      same.add(holder);
    }
    while (this.#holders.at(-1)?.size === 0) this.#holders.pop();
  }
}

const NOTHING: ReadonlySet<never> = new Set<never>();
