import type { AnyClient } from "../client.js";
import type { Context } from "../context.js";
import { Revocations } from "../history/access.js";
import type { HistorySettings, HistoryStore } from "../history/history.js";
import { Timeline } from "../history/timeline.js";
import { type AnyRoom, Room, type RoomHost } from "../room.js";
import { APPLICATION, DormantRooms } from "./dormant-rooms.js";
import { type RoomKind, RoomState } from "./room-state.js";
import type { Visibility } from "./visibility.js";

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
  /** Those that nobody is in. */
  readonly #dormant: DormantRooms;

  constructor(
    context: Context,
    settings: RoomsSettings,
    { users, requests }: Pick<RoomHost, "users" | "requests">,
  ) {
    this.#context = context;
    this.#settings = settings;
    this.#host = { context, rooms: this, users, requests };
    this.#dormant = new DormantRooms(context.clock, (state) => this.#close(state));
  }

  /** The state of a room, if there is one. */
  find(id: string): RoomState | undefined {
    return this.live.get(id) ?? this.#dormant.find(id);
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
      for (const { timeline } of this.#dormant.all()) timeline.endRevoked();
      revocations.clear();
    }
    revocations.add(userId);
  }

  /** Somebody joins a room: returns its state, which is live from now on. */
  activate(id: string): RoomState {
    let state = this.live.get(id);
    if (state !== undefined) return state;
    state = this.#dormant.take(id) ?? this.#create(id);
    this.live.set(id, state);
    this.#emit("roomCreated", state);
    return state;
  }

  /** The state that takes a message: also one that nobody is in, while its position or history is kept. */
  toPublish(id: string): RoomState | undefined {
    const live = this.live.get(id);
    if (live !== undefined || this.#context.isClosing) return live;
    const state = this.#dormant.take(id) ?? this.#createToPublish(id);
    // Where there is no place for one more, nobody can be shown the message, and none is there to be sent it.
    return state !== undefined && this.#keep(state, state.timeline.history !== undefined)
      ? state
      : undefined;
  }

  /** A user's last client left a room. */
  left(state: RoomState, client: AnyClient, isBroken: boolean): void {
    this.#dormant.left(state, client, isBroken);
  }

  /** Ends a room's life if it is deserted. Idempotent. */
  release(state: RoomState): void {
    const { timeline, id, isClaimed } = state;
    if (!state.isDeserted || this.live.get(id) !== state) return;
    this.live.delete(id);
    const isWritten = timeline.seq > 0;
    // A position that nothing was sent at is of use to those alone who may come back to it.
    if (this.#context.isClosing || !(isWritten || isClaimed)) this.#close(state);
    else this.#keep(state, isWritten && timeline.history !== undefined);
    this.#emit("roomRemoved", state);
  }

  /** Forgets the dormant rooms. */
  clear(): void {
    this.#dormant.clear();
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

  /** Makes a room to be written to while nobody is in it, if it keeps messages. */
  #createToPublish(id: string): RoomState | undefined {
    if (this.#settings.history(id) === false) return undefined;
    const state = this.#create(id);
    state.owner = APPLICATION;
    return state;
  }

  /** Keeps a room that nobody is in, if there is a place for it. Returns whether there is. */
  #keep(state: RoomState, hasMessages: boolean): boolean {
    const isKept = this.#dormant.add(state, hasMessages);
    if (!isKept) this.#close(state);
    return isKept;
  }

  #close({ id, timeline: { history } }: RoomState): void {
    if (history !== undefined) this.#settings.historyStore.close(id, history);
  }
}
