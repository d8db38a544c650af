/** Counts the connections of one server, altogether and by address. */
export class Places {
  readonly #max: number | undefined;
  readonly #maxPerIp: number | undefined;
  readonly #perIp = new Map<string, number>();
  #taken = 0;

  constructor(max: number | undefined, maxPerIp: number | undefined) {
    this.#max = max;
    this.#maxPerIp = maxPerIp;
  }

  /** Whether one more from this address would be too many. */
  isFull(ip: string): boolean {
    if (this.#max !== undefined && this.#taken >= this.#max) return true;
    return this.#maxPerIp !== undefined && (this.#perIp.get(ip) ?? 0) >= this.#maxPerIp;
  }

  /** Takes a place; undefined where none are counted. */
  take(ip: string): Place | undefined {
    if (this.#max === undefined && this.#maxPerIp === undefined) return undefined;
    this.#taken++;
    this.#perIp.set(ip, (this.#perIp.get(ip) ?? 0) + 1);
    return new Place(this, ip);
  }

  /** Called by a place that was taken, once. */
  free(ip: string): void {
    this.#taken--;
    const left = (this.#perIp.get(ip) ?? 0) - 1;
    if (left > 0) this.#perIp.set(ip, left);
    else this.#perIp.delete(ip);
  }
}

/**
 * One connection among those that are counted.
 *
 * @category For adapter authors
 */
export class Place {
  #places: Places | undefined;
  readonly #ip: string;

  /** Made by a guard. @internal */
  constructor(places: Places, ip: string) {
    this.#places = places;
    this.#ip = ip;
  }

  /** Gives the place back. Only the first call does something. */
  release(): void {
    this.#places?.free(this.#ip);
    this.#places = undefined;
  }
}
