/** What the compiler says of `roomcast/browser`. Compiled with everything else; nothing here runs. */
import type { Envelope, Member } from "roomcast";
import {
  type Connection,
  ConnectionError,
  type ConnectionRoom,
  type ConnectionStatus,
  type ConnectOptions,
  connect,
  type Gap,
  type Stamp,
} from "roomcast/browser";
import { describe, expectTypeOf, it } from "vitest";
import { WebSocket } from "ws";

const url = "wss://example.org/ws";
const connection = connect(url, { WebSocket });
const room = await connection.join("general");

describe("connect", () => {
  it("takes a token, now or later, and the WebSocket of ws", () => {
    expectTypeOf(connect(url)).toEqualTypeOf<Connection>();
    connect(url, { token: () => "x" });
    connect(url, { token: async () => undefined, WebSocket });
    expectTypeOf<typeof WebSocket>().toExtend<NonNullable<ConnectOptions["WebSocket"]>>();
    const timeout: number | undefined = Math.random() < 0.5 ? 1_000 : undefined;
    connect(url, { timeout, queue: { messages: timeout, maxAge: timeout }, random: undefined });
    connect(url, {
      backoff: { min: timeout, max: timeout },
      heartbeat: { interval: timeout, timeout },
    });
    connect(url, {
      token: undefined,
      protocols: undefined,
      WebSocket: undefined,
      clock: undefined,
    });
    connect(url, { queue: undefined, backoff: undefined, heartbeat: undefined });
    // @ts-expect-error: a token is asked for anew each time
    connect(url, { token: "x" });
    // @ts-expect-error: a slip of the pen
    connect(url, { backof: { min: 100 } });
  });
});

describe("a connection", () => {
  it("tells what it is doing, what went wrong, and messages of any type", () => {
    connection.on("status", (status) => {
      expectTypeOf(status).toEqualTypeOf<ConnectionStatus>();
      if (status.state === "waiting") expectTypeOf(status.delay).toBeNumber();
      // @ts-expect-error: there is a delay while it waits only
      else expectTypeOf(status.delay).toBeNumber();
    });
    connection.on("error", (error) => expectTypeOf(error).toEqualTypeOf<ConnectionError>());
    connection.on("drawn", (message) => expectTypeOf(message).toEqualTypeOf<Envelope>());
    expectTypeOf(connection.on("drawn", () => {})).toBeFunction();
  });

  it("asks what any server handles, whose answer is unknown", () => {
    const { signal } = new AbortController();
    expectTypeOf(connection.request("draw", { x: 1 }, { signal })).toEqualTypeOf<
      Promise<unknown>
    >();
    expectTypeOf(connection.join("general")).toEqualTypeOf<Promise<ConnectionRoom>>();
    // @ts-expect-error: a room has a name
    connection.join(7);
  });
});

describe("a room", () => {
  it("tells its members, and sends", () => {
    expectTypeOf(room.members).toEqualTypeOf<readonly Member[]>();
    expectTypeOf(room.count).toEqualTypeOf<number | undefined>();
    room.on("members", (members) => expectTypeOf(members).toEqualTypeOf<readonly Member[]>());
    room.on("gap", (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>());
    room.on("left", (error) => expectTypeOf(error).toEqualTypeOf<ConnectionError>());
    room.on("new_message", (message) => expectTypeOf(message).toEqualTypeOf<Envelope>());
    expectTypeOf(room.send({ content: "hi" }, { timeout: 1_000 })).toEqualTypeOf<Promise<Stamp>>();
    // @ts-expect-error: the server says who is in the room
    room.members = [];
  });
});

describe("an error", () => {
  it("has a code: one of ours, the server's or the application's", () => {
    const error = new ConnectionError("TIMEOUT", "Late.");
    if (error.code === "CLOSED" || error.code === "FORBIDDEN") error.message;
    expectTypeOf(error.code).toExtend<string>();
  });
});
