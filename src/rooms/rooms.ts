import type { Context } from "../context.js";
import { Revocations } from "../history/access.js";
import type { HistorySettings, HistoryStore } from "../history/history.js";
import { Timeline } from "../history/timeline.js";
import { type AnyRoom, Room, type RoomHost } from "../room.js";
import { Deadline } from "../util/deadline.js";
import { type RoomKind, RoomState } from "./room-state.js";
import type { Visibility } from "./visibility.js";

/** Most rooms kept while nobody is in them; those that were left or written to last stay. */
const MAX_DORMANT = 10_000;

/**
 * How long (ms) a room without history keeps its position after the last member: a lone user who
 * reconnects has missed nothing, and can be told so.
 */
const POSITION_KEPT = 60_000;

/** How rooms are made. */
export interface RoomsSettings {
  readonly history: (roomId: string) => HistorySettings | false;
  readonly historyStore: HistoryStore;
  readonly presence: (roomId: string) => Visibility;
}

/** The registry of rooms: the live ones, which have members, and the dormant ones, whose position is kept. */
export class Rooms {
  /** Rooms that have members, by name. */
  readonly live = new Map<string, RoomState>();
  readonly #context: Context;
  readonly #settings: RoomsSettings;
  readonly #host: RoomHost;
  readonly #revocations = new Revocations();
  /** The kind of the room that was made last. */
  #kind: RoomKind | undefined;
  /** Those that nobody is in, with the end of their time; the one silent for longest is first. */
  readonly #dormant = new Map<string, { readonly state: RoomState; readonly deadline: Deadline }>();

  constructor(
    context: Context,
    settings: RoomsSettings,
    { users, requests }: Pick<RoomHost, "users" | "requests">,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#host = { context, rooms: this, users, requests };
  }

  /** The state of a room, if there is one. */
  find(id: string): RoomState | undefined {
    return this.live.get(id) ?? this.#dormant.get(id)?.state;
  }

  /** The handle of a room, whether there is a state or not. */
  handle(id: string): AnyRoom {
    return this.find(id)?.room ?? new Room(this.#host, id);
  }

  /** What a room shows of its members, whether it exists or not. */
  visibility(id: string): Visibility {
    return this.#settings.presence(id);
  }

  /** A user may not read earlier messages any more, in one room or in all, the dormant ones too. */
  endAccess(userId: string, roomId: string | undefined): void {
    if (roomId !== undefined) {
      this.find(roomId)?.timeline.endAccess(userId);
      return;
    }
    const revocations = this.#revocations;
    if (revocations.isFull) {
      for (const { timeline } of this.live.values()) timeline.endRevoked();
      for (const { state } of this.#dormant.values()) state.timeline.endRevoked();
      revocations.clear();
    }
    revocations.add(userId);
  }

  /** Somebody joins a room: returns its state, which is live from now on. */
  activate(id: string): RoomState {
    let state = this.live.get(id);
    if (state !== undefined) return state;
    state = this.#unpark(id) ?? this.#create(id);
    this.live.set(id, state);
    this.#emit("roomCreated", state);
    return state;
  }

  /** The state that takes a message: also one that nobody is in, while its position or history is kept. */
  toPublish(id: string): RoomState | undefined {
    const live = this.live.get(id);
    if (live !== undefined || this.#context.isClosing) return live;
    const keeps = () => this.#settings.history(id) !== false;
    const state = this.#unpark(id) ?? (keeps() ? this.#create(id) : undefined);
    if (state !== undefined) this.#park(state);
    return state;
  }

  /** Ends a room's life if it is deserted. Idempotent. */
  release(state: RoomState): void {
    if (!state.isDeserted || this.live.get(state.id) !== state) return;
    this.live.delete(state.id);
    if (this.#context.isClosing) this.#close(state);
    else this.#park(state);
    this.#emit("roomRemoved", state);
  }

  /** Forgets the dormant rooms. */
  clear(): void {
    for (const { state } of this.#dormant.values()) this.#drop(state);
  }

  /** A room's handle is made only where somebody listens. */
  #emit(event: "roomCreated" | "roomRemoved", state: RoomState): void {
    if (this.#context.hears(event)) this.#context.emit(event, { room: state.room });
  }

  #create(id: string): RoomState {
    const { history, historyStore, presence } = this.#settings;
    // What the application's functions throw comes first: a history that was opened must be closed.
    const limits = history(id);
    const kind = this.#kindOf(presence(id));
    if (limits === false) return new RoomState(kind, id, new Timeline());
    const { newcomers, ...kept } = limits;
    const timeline = new Timeline({
      history: historyStore.open(id, kept),
      ttl: kept.ttl,
      newcomers,
      revocations: this.#revocations,
    });
    return new RoomState(kind, id, timeline);
  }

  /** The kind of a room; the same object as before for the same options. */
  #kindOf(visibility: Visibility): RoomKind {
    if (this.#kind?.visibility !== visibility) this.#kind = { host: this.#host, visibility };
    return this.#kind;
  }

  #park(state: RoomState): void {
    const ttl = state.timeline.ttl ?? POSITION_KEPT;
    const deadline = new Deadline(this.#context.clock, ttl, () => this.#drop(state));
    this.#dormant.set(state.id, { state, deadline });
    if (this.#dormant.size <= MAX_DORMANT) return;
    for (const { state: oldest } of this.#dormant.values()) {
      this.#drop(oldest);
      break;
    }
  }

  #unpark(id: string): RoomState | undefined {
    const parked = this.#dormant.get(id);
    if (parked === undefined) return undefined;
    parked.deadline.clear();
    this.#dormant.delete(id);
    return parked.state;
  }

  #drop(state: RoomState): void {
    this.#unpark(state.id);
    this.#close(state);
  }

  #close({ id, timeline: { history } }: RoomState): void {
    if (history !== undefined) this.#settings.historyStore.close(id, history);
  }
}
