/** Counts the connections of one server, altogether and by the line that they come from. */
export class Places {
  readonly #max: number | undefined;
  readonly #maxPerLine: number | undefined;
  readonly #perLine = new Map<string, number>();
  #taken = 0;

  constructor(max: number | undefined, maxPerLine: number | undefined) {
    this.#max = max;
    this.#maxPerLine = maxPerLine;
  }

  /** Whether one more from this line would be too many. */
  isFull(line: string): boolean {
    if (this.#max !== undefined && this.#taken >= this.#max) return true;
    return this.#maxPerLine !== undefined && (this.#perLine.get(line) ?? 0) >= this.#maxPerLine;
  }

  /** Takes a place; undefined where none are counted. */
  take(line: string): Place | undefined {
    if (this.#max === undefined && this.#maxPerLine === undefined) return undefined;
    this.#taken++;
    this.#perLine.set(line, (this.#perLine.get(line) ?? 0) + 1);
    return new Place(this, line);
  }

  /** Called by a place that was taken, once. */
  free(line: string): void {
    this.#taken--;
    const left = (this.#perLine.get(line) ?? 0) - 1;
    if (left > 0) this.#perLine.set(line, left);
    else this.#perLine.delete(line);
  }
}

/**
 * One connection among those that are counted.
 *
 * @category For adapter authors
 */
export class Place {
  #places: Places | undefined;
  readonly #line: string;

  /** Made by a guard. @internal */
  constructor(places: Places, line: string) {
    this.#places = places;
    this.#line = line;
  }

  /** Gives the place back. Only the first call does something. */
  release(): void {
    this.#places?.free(this.#line);
    this.#places = undefined;
  }
}
