/** A view of a map that shows its values as something else. It is kept current, and holds nothing itself. */
export class MapView<Value, Shown> implements ReadonlyMap<string, Shown> {
  readonly #map: ReadonlyMap<string, Value>;
  readonly #show: (value: Value) => Shown;

  constructor(map: ReadonlyMap<string, Value>, show: (value: Value) => Shown) {
    this.#map = map;
    this.#show = show;
  }

  get size(): number {
    return this.#map.size;
  }

  has(key: string): boolean {
    return this.#map.has(key);
  }

  get(key: string): Shown | undefined {
    const value = this.#map.get(key);
    return value === undefined ? undefined : this.#show(value);
  }

  forEach(callback: (shown: Shown, key: string, map: ReadonlyMap<string, Shown>) => void): void {
    for (const [key, shown] of this) callback(shown, key, this);
  }

  keys() {
    return this.#map.keys();
  }

  *values(): Generator<Shown, undefined> {
    for (const value of this.#map.values()) yield this.#show(value);
    return undefined;
  }

  *entries(): Generator<[string, Shown], undefined> {
    for (const [key, value] of this.#map) yield [key, this.#show(value)];
    return undefined;
  }

  [Symbol.iterator]() {
    return this.entries();
  }
}
