import type { ConnectionError, Status, WebSocketLike } from "../../browser/index.js";
import type { Envelope } from "../../index.js";
import type { Fail } from "../check/reference-model.js";
import { RoomViewChecker } from "../check/room-view-checker.js";
import { HEARD, type WireChecker } from "../check/wire-checker.js";
import type { ConnectionLike, RoomLike, SimulationParts } from "../parts.js";
import type { NetworkLink } from "./network-link.js";
import type { ProcessClock } from "./process-clock.js";

/** What a remote end is made with. */
export interface ParticipantContext {
  readonly clock: ProcessClock;
  readonly random: () => number;
  readonly fail: Fail;
  /** `connect` of `roomcast/browser`. */
  readonly connect: SimulationParts["connect"];
  /** Makes a link and calls the server. */
  dial(participant: Participant): NetworkLink;
}

/** A room that somebody asked to be let into, and has not left since. */
interface RoomSession {
  readonly abort: AbortController;
  room: RoomLike | undefined;
  view: RoomViewChecker | undefined;
}

/** One program at the remote end: a connection, and what it sees of its rooms. */
export class Participant {
  /** "alice-1". */
  readonly who: string;
  /** "alice". */
  readonly user: string;
  readonly connection: ConnectionLike;
  /** The newest link. */
  link: NetworkLink | undefined;
  /** What came over the newest link. */
  wire: WireChecker | undefined;
  isClosed = false;
  /** Bytes a second that it reads. */
  rate = Number.POSITIVE_INFINITY;
  readonly clock: ProcessClock;
  readonly #context: ParticipantContext;
  readonly #sessions = new Map<string, RoomSession>();
  /** By link: the rooms that it asked to leave. */
  readonly #left = new Map<NetworkLink, Set<string>>();
  /** Positions that need no message, by room and epoch. */
  readonly #accounted = new Set<string>();
  #marks = 0;

  constructor(who: string, context: ParticipantContext) {
    this.who = who;
    this.user = who.split("-")[0] as string;
    this.clock = context.clock;
    this.#context = context;
    const dial = () => context.dial(this);
    this.connection = context.connect("ws://simulation/", {
      token: () => who,
      clock: context.clock,
      random: context.random,
      // What a constructor returns is what `new` gives.
      WebSocket: function dialed() {
        return dial();
      } as unknown as new () => WebSocketLike,
    });
    this.connection.on("error", (error: ConnectionError) => this.#failed(error));
    this.connection.on("status", (status: Status) => {
      if (status.state !== "closed" || this.isClosed) return;
      context.fail("connections stay", `${who} was closed with ${status.code}: ${status.reason}`);
    });
  }

  /** The rooms that it is in, as its handles say. */
  get rooms(): RoomLike[] {
    return [...this.#sessions.values()].flatMap(({ room }) =>
      room?.isJoined === true ? room : [],
    );
  }

  /** What it sees of a room that it is in. */
  viewOf(room: string): RoomViewChecker | undefined {
    return this.#sessions.get(room)?.view;
  }

  /** Rooms that it waits to be let into. */
  get pending(): string[] {
    return [...this.#sessions].flatMap(([id, { room }]) => (room?.isJoined === true ? [] : id));
  }

  /** Whether it said that it wants to be out of a room, on that link or for good. */
  hasLeft(room: string, link: NetworkLink): boolean {
    return this.isClosed || this.#left.get(link)?.has(room) === true;
  }

  join(roomId: string): void {
    if (this.isClosed || this.#sessions.has(roomId)) return;
    const session: RoomSession = { abort: new AbortController(), room: undefined, view: undefined };
    this.#sessions.set(roomId, session);
    const out = ({ code }: { readonly code?: string }) => {
      if (this.#sessions.get(roomId) === session) this.#sessions.delete(roomId);
      // It has given up, and may say so.
      if (code === "TIMEOUT") this.#leaves(roomId);
    };
    this.connection.join(roomId, { signal: session.abort.signal }).then((room) => {
      const start = this.wire?.position(roomId);
      if (start === undefined) {
        const text = `${this.who} is let into ${roomId}, and no link says where`;
        this.#context.fail("joining says where", text);
        return;
      }
      session.room = room;
      session.view = this.#look(room, start);
      room.on("left", out);
    }, out);
  }

  leave(roomId: string): void {
    const session = this.#sessions.get(roomId);
    if (session === undefined) return;
    this.#leaves(roomId);
    this.#sessions.delete(roomId);
    session.abort.abort();
    session.room?.leave();
  }

  send(roomId: string, count: number, size: number): void {
    const room = this.#sessions.get(roomId)?.room;
    if (room === undefined) return;
    for (let index = 0; index < count; index++) {
      const payload = { mark: `${this.who} ${this.#marks++}`, pad: "x".repeat(size) };
      // Whether it arrived is nobody's promise; where, if it did, is checked on the wire.
      room.send(payload).catch(() => {});
    }
  }

  type(roomId: string): void {
    const room = this.#sessions.get(roomId)?.room;
    if (room?.isJoined === true) room.typing();
  }

  /** Closes for good. */
  close(): void {
    this.isClosed = true;
    this.connection.close();
    this.#sessions.clear();
    const timers = this.clock.pendingTimers;
    if (timers === 0) return;
    this.#context.fail("nothing is left", `${timers} timers of ${this.who}, which is closed`);
  }

  /** A position needs no message: it was acked, or this end was left out. */
  accounted(room: string, epoch: string, seq: number): void {
    this.#accounted.add(`${room} ${epoch} ${seq}`);
  }

  #leaves(roomId: string): void {
    if (this.link === undefined) return;
    const rooms = this.#left.get(this.link) ?? new Set<string>();
    this.#left.set(this.link, rooms.add(roomId));
  }

  #look(room: RoomLike, start: { readonly epoch: string; readonly seq: number }): RoomViewChecker {
    const isAccounted = (epoch: string, seq: number) =>
      this.#accounted.has(`${room.id} ${epoch} ${seq}`);
    const view = new RoomViewChecker(this.who, room, start, this.#context.fail, isAccounted);
    for (const type of HEARD) room.on(type, (message: Envelope) => view.message(message));
    for (const type of ["moment", "gone"]) room.on(type, () => {});
    room.on("ask", () => this.who);
    return view;
  }

  #failed(error: ConnectionError): void {
    // What the server says before a page has begun to listen, and what crossed with being taken out.
    if (["UNKNOWN_TYPE", "NOT_IN_ROOM", "FORBIDDEN"].includes(error.code)) return;
    this.#context.fail("no errors", `${this.who}: ${error.code}: ${error.message}`);
  }
}
