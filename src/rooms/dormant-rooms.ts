import type { AnyClient } from "../client.js";
import { GuestIdentity } from "../transport/identity.js";
import type { SteadyClock } from "../util/clock.js";
import { Deadline } from "../util/deadline.js";
import { Shares } from "../util/shares.js";
import type { RoomState } from "./room-state.js";

/** Most rooms kept while nobody is in them. */
const MAX_ROOMS = 10_000;

/** Most of them that are kept for one user. */
const MAX_PER_USER = MAX_ROOMS / 10;

/** For whom rooms are kept that the application alone has written to; no user's id is empty. */
export const APPLICATION = "";

/** For whom those of guests are kept, on shelves of their own: which guest it was makes no difference. */
const GUESTS = "";

/**
 * How long (ms) a room without history keeps its position after the last member: a lone user who
 * reconnects has missed nothing, and can be told so.
 */
const POSITION_KEPT = 60_000;

interface Dormant {
  readonly state: RoomState;
  readonly deadline: Deadline;
  readonly shelf: Shares<RoomState>;
}

/**
 * Rooms that nobody is in, each kept for its time. Where they are too many, those go first that have no messages,
 * then those kept for guests, then those of the user for whom most are kept; of these the oldest.
 */
export class DormantRooms {
  readonly #clock: SteadyClock;
  readonly #onForgotten: (state: RoomState) => void;
  readonly #byId = new Map<string, Dormant>();
  /** Rooms without messages, or that keep none: nothing is lost with them but the position. */
  readonly #empty = { ofGuests: new Shares<RoomState>(), others: new Shares<RoomState>() };
  readonly #written = { ofGuests: new Shares<RoomState>(), others: new Shares<RoomState>() };
  /** In the order in which they give way. */
  readonly #shelves = [
    this.#empty.ofGuests,
    this.#empty.others,
    this.#written.ofGuests,
    this.#written.others,
  ];

  /** `onForgotten` runs for each room that is not kept any longer. */
  constructor(clock: SteadyClock, onForgotten: (state: RoomState) => void) {
    this.#clock = clock;
    this.#onForgotten = onForgotten;
  }

  /** The room of that name, if it is kept. */
  find(id: string): RoomState | undefined {
    return this.#byId.get(id)?.state;
  }

  /** All of them. */
  *all(): Iterable<RoomState> {
    for (const { state } of this.#byId.values()) yield state;
  }

  /** A user's last client left a room, by decision or as its line broke: it may be for that user that it is kept. */
  left(state: RoomState, { identity }: AnyClient, isBroken: boolean): void {
    const { owner, isClaimed } = state;
    if (isBroken) state.isClaimed = true;
    if (identity instanceof GuestIdentity) return;
    const { id } = identity;
    const isNobodys = owner === undefined || owner === APPLICATION;
    // Of those whose line broke it is the one for whom fewest are kept, so that no other can use up that share.
    if (isNobodys || !isClaimed || (isBroken && this.#countOf(id) < this.#countOf(owner))) {
      state.owner = id;
    }
  }

  /** Keeps a room, if there is a place for it. Returns whether there is. */
  add(state: RoomState, hasMessages: boolean): boolean {
    const shelf = this.#shelfOf(state, hasMessages);
    const { owner = GUESTS, id, timeline } = state;
    if (!this.#makePlace(owner, shelf)) return false;
    const forget = () => this.#forget(state);
    const deadline = new Deadline(this.#clock, timeline.ttl ?? POSITION_KEPT, forget);
    this.#byId.set(id, { state, deadline, shelf });
    shelf.add(owner, state);
    return true;
  }

  /** Takes a room out, if it is kept: it is in use again. */
  take(id: string): RoomState | undefined {
    const dormant = this.#byId.get(id);
    if (dormant === undefined) return undefined;
    const { state, deadline, shelf } = dormant;
    deadline.clear();
    this.#byId.delete(id);
    shelf.delete(state.owner ?? GUESTS, state);
    return state;
  }

  /** Forgets all. */
  clear(): void {
    for (const { state } of this.#byId.values()) this.#forget(state);
  }

  #countOf(owner: string): number {
    return this.#empty.others.of(owner).size + this.#written.others.of(owner).size;
  }

  #forget(state: RoomState): void {
    this.take(state.id);
    this.#onForgotten(state);
  }

  #shelfOf({ owner }: RoomState, hasMessages: boolean): Shares<RoomState> {
    const shelves = hasMessages ? this.#written : this.#empty;
    return owner === undefined ? shelves.ofGuests : shelves.others;
  }

  /** Forgets what gives way to one more room on a shelf. Returns whether there is a place for it then. */
  #makePlace(owner: string, shelf: Shares<RoomState>): boolean {
    // Guests and the application have no share: they give way to every user, and to who holds less.
    if (owner !== APPLICATION && this.#countOf(owner) >= MAX_PER_USER) {
      return this.#giveWay(shelf, () => owner);
    }
    return this.#byId.size < MAX_ROOMS || this.#giveWay(shelf, (of) => of.greediest(owner));
  }

  /** Forgets one room that gives way to one on a shelf, of the holder who is to. Returns whether there is one. */
  #giveWay(
    to: Shares<RoomState>,
    holderOn: (shelf: Shares<RoomState>) => string | undefined,
  ): boolean {
    for (const shelf of this.#shelves) {
      const holder = holderOn(shelf);
      const [state] = holder === undefined ? [] : shelf.of(holder);
      if (state !== undefined) {
        this.#forget(state);
        return true;
      }
      if (shelf === to) break;
    }
    return false;
  }
}
