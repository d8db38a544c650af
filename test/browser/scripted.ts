import type { Envelope } from "roomcast";
import {
  type Connection,
  type ConnectionRoom,
  type ConnectOptions,
  connect,
} from "roomcast/browser";
import { VirtualClock } from "roomcast/testing";

type Handler = ((event: never) => void) | null;

/**
 * A server whose part the test plays: it sees what a connection sends, and says whatever the test has
 * it say, on a virtual clock.
 */
export class ScriptedServer {
  readonly clock = new VirtualClock();
  /** Every WebSocket made so far. */
  readonly lines: ScriptedSocket[] = [];

  /** The newest WebSocket. */
  get line(): ScriptedSocket {
    return this.lines.at(-1) as ScriptedSocket;
  }

  /** A connection to this server. Waits half a second between attempts. */
  connect(options: ConnectOptions = {}): Connection {
    const { lines, clock } = this;
    const WebSocket = class extends ScriptedSocket {
      constructor(url: string) {
        super(url);
        lines.push(this);
        clock.setImmediate(() => this.open());
      }
    };
    return connect("ws://server/ws", { WebSocket, clock, random: () => 1, ...options });
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
      this.line.onmessage?.({ data: JSON.stringify(envelope) } as never);
      await this.quiet();
    }
  }

  /** Says something in answer to the newest request. */
  async answer(envelope: Envelope): Promise<void> {
    const id = this.line.sent.findLast((sent) => sent.id !== undefined)?.id;
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

/** A WebSocket that leads to the test. */
export class ScriptedSocket {
  readonly url: string;
  readyState = 0;
  onopen: Handler = null;
  onmessage: Handler = null;
  onerror: Handler = null;
  onclose: Handler = null;
  /** What the connection sent, in order. */
  readonly sent: Envelope[] = [];

  constructor(url: string) {
    this.url = url;
  }

  open(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(code = 1005): void {
    this.end(code);
  }

  /** Fails while it connects; no `close` follows by itself. */
  fail(): void {
    this.readyState = 2;
    this.onerror?.({} as never);
  }

  /** Ends the connection. */
  end(code: number, reason = ""): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason } as never);
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
