/** The handles of rooms by name: a view of their states, which is kept current and holds nothing itself. */
export class RoomMap<Room> implements ReadonlyMap<string, Room> {
  readonly #states: ReadonlyMap<string, { readonly room: Room }>;

  constructor(states: ReadonlyMap<string, { readonly room: Room }>) {
    this.#states = states;
  }

  get size(): number {
    return this.#states.size;
  }

  has(id: string): boolean {
    return this.#states.has(id);
  }

  get(id: string): Room | undefined {
    return this.#states.get(id)?.room;
  }

  forEach(callback: (room: Room, id: string, map: ReadonlyMap<string, Room>) => void): void {
    for (const [id, room] of this) callback(room, id, this);
  }

  keys() {
    return this.#states.keys();
  }

  *values(): Generator<Room, undefined> {
    for (const { room } of this.#states.values()) yield room;
    return undefined;
  }

  *entries(): Generator<[string, Room], undefined> {
    for (const [id, { room }] of this.#states) yield [id, room];
    return undefined;
  }

  [Symbol.iterator]() {
    return this.entries();
  }
}
