import { Counter } from "../history/counter.js";
import type { Past } from "../history/history.js";
import { KeptPast } from "../history/timeline.js";
import type { Hub } from "../hub.js";
import type { User } from "../protocol/types.js";
import type { Room } from "../room.js";
import type { Clock } from "../util/clock.js";

/** So many rooms are kept that nobody is in; of more, those that were left or spoken in last. */
const MAX_DORMANT = 10_000;

/**
 * A room that keeps nothing still remembers for a while how far it has got, in milliseconds: who was alone
 * in it and comes back has missed nothing, and can be told so.
 */
const COUNT_KEPT = 60_000;

/** The rooms that there are: those that somebody is in, and those of which something is still known. */
export class Rooms<U extends User, D> {
  /** Those that somebody is in, by name. */
  readonly live = new Map<string, Room<U, D>>();
  readonly #hub: Hub<U, D>;
  readonly #clock: Clock;
  /** Those that nobody is in, with the timer that ends them; the one silent for longest is first. */
  readonly #dormant = new Map<string, { readonly room: Room<U, D>; readonly timer: unknown }>();

  constructor(hub: Hub<U, D>) {
    this.#hub = hub;
    this.#clock = hub.settings.clock;
  }

  /** The room of that name, if there is one. */
  find(id: string): Room<U, D> | undefined {
    return this.live.get(id) ?? this.#dormant.get(id)?.room;
  }

  /** All rooms, those that nobody is in too. */
  *all(): Iterable<Room<U, D>> {
    yield* this.live.values();
    for (const { room } of this.#dormant.values()) yield room;
  }

  /** Somebody comes into a room: it is one of the hub's from now on. */
  wake(room: Room<U, D>): void {
    if (room.past === undefined) this.#begin(room);
    this.#unlist(room.id);
    this.live.set(room.id, room);
  }

  /** Something is said in a room that nobody is in: says where that is noted, if it is. */
  keep(room: Room<U, D>): Past | undefined {
    if (this.#hub.isClosing) return undefined;
    if (room.past === undefined) {
      if (this.#hub.settings.history(room.id) === false) return undefined;
      this.#begin(room);
    }
    this.#retire(room);
    return room.past;
  }

  /** Nobody is in a room any more. */
  leave(room: Room<U, D>): void {
    this.live.delete(room.id);
    if (this.#hub.isClosing) this.#end(room);
    else this.#retire(room);
  }

  /** Forgets the rooms that nobody is in. */
  clear(): void {
    for (const { room } of this.#dormant.values()) this.#forget(room);
  }

  #begin(room: Room<U, D>): void {
    const { history, historyStore } = this.#hub.settings;
    const limits = history(room.id);
    room.past =
      limits === false
        ? new Counter()
        : new KeptPast(historyStore.open(room.id, limits), limits.ttl);
  }

  #retire(room: Room<U, D>): void {
    const { ttl = COUNT_KEPT } = room.past ?? {};
    this.#unlist(room.id);
    const timer = this.#clock.setTimeout(() => this.#forget(room), ttl);
    this.#dormant.set(room.id, { room, timer });
    if (this.#dormant.size <= MAX_DORMANT) return;
    for (const { room: oldest } of this.#dormant.values()) {
      this.#forget(oldest);
      break;
    }
  }

  #unlist(id: string): void {
    this.#clock.clearTimeout(this.#dormant.get(id)?.timer);
    this.#dormant.delete(id);
  }

  #forget(room: Room<U, D>): void {
    this.#unlist(room.id);
    this.#end(room);
  }

  #end(room: Room<U, D>): void {
    const { history } = room.past ?? {};
    room.past = undefined;
    if (history !== undefined) this.#hub.settings.historyStore.close(room.id, history);
  }
}
