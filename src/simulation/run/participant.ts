import type { ConnectionError, Status, WebSocketLike } from "../../browser/index.js";
import type { Envelope } from "../../index.js";
import type { Complain } from "../check/reference-model.js";
import { View } from "../check/room-view-checker.js";
import { HEARD, type Wire } from "../check/wire-checker.js";
import type { Parts, RemoteConnection, RemoteRoom } from "../parts.js";
import type { SimulatedLine } from "./network-link.js";
import type { ProcessClock } from "./process-clock.js";

/** What a remote end is made with. */
export interface RemoteContext {
  readonly clock: ProcessClock;
  readonly random: () => number;
  readonly complain: Complain;
  /** `connect` of `roomcast/browser`. */
  readonly connect: Parts["connect"];
  /** Makes a line and calls the server. */
  dial(remote: Remote): SimulatedLine;
}

/** A room that somebody asked to be let into, and has not left since. */
interface Seat {
  readonly abort: AbortController;
  room: RemoteRoom | undefined;
  view: View | undefined;
}

/** One program at the remote end: a connection, and what it sees of its rooms. */
export class Remote {
  /** "alice-1". */
  readonly who: string;
  /** "alice". */
  readonly user: string;
  readonly connection: RemoteConnection;
  /** The newest line. */
  line: SimulatedLine | undefined;
  /** What came over the newest line. */
  wire: Wire | undefined;
  isClosed = false;
  /** Bytes a second that it reads. */
  rate = Number.POSITIVE_INFINITY;
  readonly clock: ProcessClock;
  readonly #context: RemoteContext;
  readonly #seats = new Map<string, Seat>();
  /** By line: the rooms that it asked to leave. */
  readonly #left = new Map<SimulatedLine, Set<string>>();
  /** Positions that need no message, by room and epoch. */
  readonly #accounted = new Set<string>();
  #marks = 0;

  constructor(who: string, context: RemoteContext) {
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
      context.complain(
        "connections stay",
        `${who} was closed with ${status.code}: ${status.reason}`,
      );
    });
  }

  /** The rooms that it is in, as its handles say. */
  get rooms(): RemoteRoom[] {
    return [...this.#seats.values()].flatMap(({ room }) => (room?.isJoined === true ? room : []));
  }

  /** What it sees of a room that it is in. */
  viewOf(room: string): View | undefined {
    return this.#seats.get(room)?.view;
  }

  /** Rooms that it waits to be let into. */
  get pending(): string[] {
    return [...this.#seats].flatMap(([id, { room }]) => (room?.isJoined === true ? [] : id));
  }

  /** Whether it said that it wants to be out of a room, on that line or for good. */
  hasLeft(room: string, line: SimulatedLine): boolean {
    return this.isClosed || this.#left.get(line)?.has(room) === true;
  }

  join(roomId: string): void {
    if (this.isClosed || this.#seats.has(roomId)) return;
    const seat: Seat = { abort: new AbortController(), room: undefined, view: undefined };
    this.#seats.set(roomId, seat);
    const out = ({ code }: { readonly code?: string }) => {
      if (this.#seats.get(roomId) === seat) this.#seats.delete(roomId);
      // It has given up, and may say so.
      if (code === "TIMEOUT") this.#leaves(roomId);
    };
    this.connection.join(roomId, { signal: seat.abort.signal }).then((room) => {
      const start = this.wire?.position(roomId);
      if (start === undefined) {
        const text = `${this.who} is let into ${roomId}, and no line says where`;
        this.#context.complain("joining says where", text);
        return;
      }
      seat.room = room;
      seat.view = this.#look(room, start);
      room.on("left", out);
    }, out);
  }

  leave(roomId: string): void {
    const seat = this.#seats.get(roomId);
    if (seat === undefined) return;
    this.#leaves(roomId);
    this.#seats.delete(roomId);
    seat.abort.abort();
    seat.room?.leave();
  }

  send(roomId: string, count: number, size: number): void {
    const room = this.#seats.get(roomId)?.room;
    if (room === undefined) return;
    for (let index = 0; index < count; index++) {
      const payload = { mark: `${this.who} ${this.#marks++}`, pad: "x".repeat(size) };
      // Whether it arrived is nobody's promise; where, if it did, is checked on the wire.
      room.send(payload).catch(() => {});
    }
  }

  type(roomId: string): void {
    const room = this.#seats.get(roomId)?.room;
    if (room?.isJoined === true) room.typing();
  }

  /** Closes for good. */
  close(): void {
    this.isClosed = true;
    this.connection.close();
    this.#seats.clear();
    const timers = this.clock.pendingTimers;
    if (timers === 0) return;
    this.#context.complain("nothing is left", `${timers} timers of ${this.who}, which is closed`);
  }

  /** A position needs no message: it was acked, or this end was left out. */
  accounted(room: string, epoch: string, seq: number): void {
    this.#accounted.add(`${room} ${epoch} ${seq}`);
  }

  #leaves(roomId: string): void {
    if (this.line === undefined) return;
    const rooms = this.#left.get(this.line) ?? new Set<string>();
    this.#left.set(this.line, rooms.add(roomId));
  }

  #look(room: RemoteRoom, start: { readonly epoch: string; readonly seq: number }): View {
    const isAccounted = (epoch: string, seq: number) =>
      this.#accounted.has(`${room.id} ${epoch} ${seq}`);
    const view = new View(this.who, room, start, this.#context.complain, isAccounted);
    for (const type of HEARD) room.on(type, (message: Envelope) => view.message(message));
    for (const type of ["moment", "gone"]) room.on(type, () => {});
    room.on("ask", () => this.who);
    return view;
  }

  #failed(error: ConnectionError): void {
    // What the server says before a page has begun to listen, and what crossed with being taken out.
    if (["UNKNOWN_TYPE", "NOT_IN_ROOM", "FORBIDDEN"].includes(error.code)) return;
    this.#context.complain("no errors", `${this.who}: ${error.code}: ${error.message}`);
  }
}
