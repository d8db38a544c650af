import type { Envelope } from "roomcast";
import {
  type Connection,
  type ConnectionRoom,
  type ConnectOptions,
  connect,
} from "roomcast/browser";
import { VirtualClock } from "roomcast/testing";
import { Network, type NetworkSocket } from "../support/network.js";

/**
 * A server whose part the test plays: it sees what a connection sends, and says whatever the test has
 * it say, on a virtual clock.
 */
export class ScriptedServer {
  readonly clock = new VirtualClock();
  readonly #network = new Network(this.clock, {
    isListening: () => true,
    accept: () => ({ message() {}, closed() {} }),
  });

  /** Every WebSocket made so far. */
  get lines(): readonly NetworkSocket[] {
    return this.#network.sockets;
  }

  /** The newest WebSocket. */
  get line(): NetworkSocket {
    return this.#network.last;
  }

  /** What the page sent on the newest WebSocket, in order. */
  get sent(): Envelope[] {
    return this.line.sent.map((text) => JSON.parse(text) as Envelope);
  }

  /** A connection to this server. Waits half a second between attempts. */
  connect(options: ConnectOptions = {}): Connection {
    const { WebSocket } = this.#network;
    return connect("ws://server/ws", {
      WebSocket,
      clock: this.clock,
      random: () => 1,
      ...options,
    });
  }

  /** Has a connection join a room, and lets it in at a position of the epoch "one". */
  async letIn(connection: Connection, seq: number, room = "general"): Promise<ConnectionRoom> {
    const joining = connection.join(room);
    await this.quiet();
    await this.answer({ type: "room_info", room, epoch: "one", seq, payload: { room_id: room } });
    return joining;
  }

  /** Says something to the connection, and waits until that has had all its effects. */
  async say(...envelopes: Envelope[]): Promise<void> {
    for (const envelope of envelopes) {
      this.hand(envelope);
      await this.quiet();
    }
  }

  /** Says something to the connection, one right after the other. */
  hand(...envelopes: Envelope[]): void {
    for (const envelope of envelopes) {
      this.line.onmessage?.({ data: JSON.stringify(envelope) } as never);
    }
  }

  /** Says something in answer to the newest request. */
  async answer(envelope: Envelope): Promise<void> {
    const id = this.sent.findLast((sent) => sent.id !== undefined)?.id;
    await this.say({ ...envelope, id });
  }

  /** Breaks the line, and waits until there is another one. */
  async breakLine(): Promise<void> {
    const { lines } = this;
    const { length } = lines;
    this.line.end(1006);
    while (lines.length === length) await this.pass(500);
  }

  /** Lets everything happen that waits for no time to pass. */
  async quiet(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      await Promise.resolve();
      this.clock.flush();
    }
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.quiet();
  }
}

/** A lasting message of the room "general". */
export const message = (seq: number): Envelope => ({
  type: "new_message",
  room: "general",
  payload: seq,
  seq,
});

/** The `room_info` of the room "general", without an id. */
export const roomInfo = (seq: number, epoch = "one", payload = {}): Envelope => ({
  type: "room_info",
  room: "general",
  epoch,
  seq,
  payload: { room_id: "general", ...payload },
});

/** Everything that a listener of a room would have to handle, in order: positions, and gaps. */
export function record(room: ConnectionRoom): unknown[] {
  const heard: unknown[] = [];
  room.on("new_message", ({ seq }) => {
    heard.push(seq);
  });
  room.on("gap", (gap) => heard.push(gap));
  return heard;
}
