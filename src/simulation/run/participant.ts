import type { ConnectionError, ConnectionStatus, WebSocketLike } from "../../browser/index.js";
import type { Position } from "../../index.js";
import { RoomViewChecker } from "../check/room-view-checker.js";
import type { Fail } from "../check/rules.js";
import type { WireChecker } from "../check/wire-checker.js";
import type { ConnectionLike, RoomLike, SimulationParts } from "../parts.js";
import type { NetworkLink } from "./network-link.js";
import type { ProcessClock } from "./process-clock.js";

/** Error codes to expect: a page that does not listen yet, and sending that crosses with being removed. */
const EXPECTED_ERRORS: readonly string[] = ["UNKNOWN_TYPE", "NOT_IN_ROOM", "FORBIDDEN"];

/** What a participant needs. */
export interface ParticipantContext {
  readonly clock: ProcessClock;
  readonly random: () => number;
  readonly fail: Fail;
  /** `connect` of `roomcast/browser`. */
  readonly connect: SimulationParts["connect"];
  /** The last position of a room in an epoch. */
  lastSeq(room: string, epoch: string): number;
  /** Opens a link to the server. */
  dial(participant: Participant): NetworkLink;
}

/** A room that a participant asked to join, and has not left since. */
interface RoomSession {
  readonly abort: AbortController;
  room: RoomLike | undefined;
  view: RoomViewChecker | undefined;
}

/** A program at the remote end, such as one tab: a connection, and what it sees of its rooms. */
export class Participant {
  /** For example "alice-1". */
  readonly id: string;
  /** For example "alice". */
  readonly userId: string;
  readonly connection: ConnectionLike;
  /** The newest link. */
  link: NetworkLink | undefined;
  /** The checker of the newest link. */
  wire: WireChecker | undefined;
  isClosed = false;
  readonly #context: ParticipantContext;
  #rate = Number.POSITIVE_INFINITY;
  readonly #sessions = new Map<string, RoomSession>();
  /** The rooms that it asked to leave, by link. */
  readonly #leftRooms = new Map<NetworkLink, Set<string>>();
  /** Positions that need no message, by room and epoch. */
  readonly #accounted = new Set<string>();
  #marks = 0;

  constructor(id: string, context: ParticipantContext) {
    this.id = id;
    this.userId = id.split("-")[0] as string;
    this.#context = context;
    const dial = () => context.dial(this);
    this.connection = context.connect("ws://simulation/", {
      token: () => id,
      clock: context.clock,
      random: context.random,
      // `new` gives the object that a constructor returns.
      WebSocket: function dialed() {
        return dial();
      } as unknown as new () => WebSocketLike,
    });
    this.connection.on("error", (error: ConnectionError) => this.#failed(error));
    this.connection.on("status", (status: ConnectionStatus) => {
      if (status.state !== "closed" || this.isClosed) return;
      const text = `${id} was closed with ${status.code}: ${status.reason}`;
      context.fail("connections stay open", text);
    });
  }

  /** How fast it reads (bytes per second). */
  get rate(): number {
    return this.#rate;
  }

  /** Sets how fast it reads (bytes per second), on this link and on later ones; 0 stops it. */
  setRate(rate: number): void {
    this.#rate = rate;
    this.link?.setRate(rate);
  }

  /** The rooms that it is in, according to its handles. */
  get rooms(): RoomLike[] {
    return [...this.#sessions.values()].flatMap(({ room }) =>
      room?.isJoined === true ? room : [],
    );
  }

  /** The rooms that it waits to join. */
  get pendingRooms(): string[] {
    return [...this.#sessions].flatMap(([id, { room }]) => (room?.isJoined === true ? [] : id));
  }

  /** What it sees of a room. */
  viewOf(room: string): RoomViewChecker | undefined {
    return this.#sessions.get(room)?.view;
  }

  /** Whether it asked to leave the room on that link, or closed its connection. */
  hasLeft(room: string, link: NetworkLink): boolean {
    return this.isClosed || this.#leftRooms.get(link)?.has(room) === true;
  }

  join(roomId: string): void {
    if (this.isClosed || this.#sessions.has(roomId)) return;
    const session: RoomSession = { abort: new AbortController(), room: undefined, view: undefined };
    this.#sessions.set(roomId, session);
    const end = ({ code }: { readonly code?: string }) => {
      if (this.#sessions.get(roomId) === session) this.#sessions.delete(roomId);
      // A connection that gives up on joining says so to the server.
      if (code === "TIMEOUT") this.#leaving(roomId);
    };
    this.connection.join(roomId, { signal: session.abort.signal }).then((room) => {
      const start = this.wire?.position(roomId);
      if (start === undefined) {
        const text = `${this.id} has joined ${roomId}, and its link has no position there`;
        this.#context.fail("a join gives a position", text);
        return;
      }
      session.room = room;
      session.view = this.#view(room, start);
      room.on("left", end);
    }, end);
  }

  leave(roomId: string): void {
    const session = this.#sessions.get(roomId);
    if (session === undefined) return;
    this.#leaving(roomId);
    this.#sessions.delete(roomId);
    session.abort.abort();
    session.room?.leave();
  }

  /** Sends messages to a room. `size` is the length of each (characters). */
  send(roomId: string, { count, size }: { readonly count: number; readonly size: number }): void {
    const room = this.#sessions.get(roomId)?.room;
    if (room === undefined) return;
    for (let index = 0; index < count; index++) {
      const payload = { mark: `${this.id} ${this.#marks++}`, pad: "x".repeat(size) };
      // Nobody promises that it arrives. If it does, the wire checker checks where.
      room.send(payload).catch(() => {});
    }
  }

  /** Asks who is in a room, in one turn. */
  ask(roomId: string, count: number): void {
    if (this.isClosed) return;
    for (let index = 0; index < count; index++) {
      this.connection.request("online_users", { room_id: roomId }).catch(() => {});
    }
  }

  type(roomId: string): void {
    const room = this.#sessions.get(roomId)?.room;
    if (room?.isJoined === true) room.typing();
  }

  /** Closes its connection for good. */
  close(): void {
    this.isClosed = true;
    this.connection.close();
    this.#sessions.clear();
    const timers = this.#context.clock.pendingTimers;
    if (timers === 0) return;
    this.#context.fail("nothing is left", `${this.id} is closed, and has ${timers} timers`);
  }

  /** Notes that a position needs no message: it is acked, or this participant was excluded. */
  accounted(room: string, epoch: string, seq: number): void {
    this.#accounted.add(`${room} ${epoch} ${seq}`);
  }

  #leaving(roomId: string): void {
    if (this.link === undefined) return;
    const rooms = this.#leftRooms.get(this.link) ?? new Set<string>();
    this.#leftRooms.set(this.link, rooms.add(roomId));
  }

  #view(room: RoomLike, start: Position): RoomViewChecker {
    const view = new RoomViewChecker(room, start, {
      fail: this.#context.fail,
      participant: this.id,
      isAccounted: (epoch, seq) => this.#accounted.has(`${room.id} ${epoch} ${seq}`),
      lastSeq: (epoch) => this.#context.lastSeq(room.id, epoch),
    });
    // Messages without a position may be lost, so nothing is checked.
    room.on("moment", () => {});
    room.on("ask", () => this.id);
    return view;
  }

  #failed(error: ConnectionError): void {
    if (EXPECTED_ERRORS.includes(error.code)) return;
    this.#context.fail("no errors", `${this.id}: ${error.code}: ${error.message}`);
  }
}
