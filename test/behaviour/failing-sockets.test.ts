import type { Batch, Receiver, Socket } from "roomcast";
import { describe, expect, test } from "vitest";
import { join, World } from "../support/world.js";

type Call = "write" | "ping" | "close" | "terminate" | "bufferedAmount";

/** A transport of one's own, whose calls throw from the moment on that the test says. */
class FragileSocket implements Socket {
  readonly texts: string[] = [];
  readonly calls: Call[] = [];
  readonly broken = new Set<Call>();
  waiting = 0;
  receiver: Receiver | undefined;

  get bufferedAmount(): number {
    this.#call("bufferedAmount");
    return this.waiting;
  }

  write(batch: Batch): void {
    this.#call("write");
    for (const { text } of batch.messages()) this.texts.push(text);
  }

  ping(): void {
    this.#call("ping");
  }

  close(): void {
    this.#call("close");
  }

  terminate(): void {
    this.#call("terminate");
  }

  #call(call: Call): void {
    this.calls.push(call);
    if (this.broken.has(call)) throw new Error(`EPIPE in ${call}`);
  }
}

const OPTIONS = {
  maxBufferedBytes: 1_000,
  history: {},
  heartbeat: { interval: 1000, timeout: 600 },
};

/** Eve, on a transport of her own, is in a room between Alice and Bob. */
function between(options = {}) {
  const world = new World({ ...OPTIONS, ...options });
  const a = world.enter("Alice", "general");
  const socket = new FragileSocket();
  socket.receiver = world.hub.accept(socket, { user: { id: "eve", name: "Eve" } });
  socket.receiver.message(JSON.stringify(join("general")));
  const b = world.enter("Bob", "general");
  a.take();
  const eve = world.client("eve");
  const room = world.hub.room("general");
  return { world, a, b, socket, eve, room };
}

/** That Eve is gone, was reported once, is not written to any more, and that the others go on. */
function expectCut({ world, a, b, socket, eve, room }: ReturnType<typeof between>, call: Call) {
  const [event, ...more] = world.emitted("error");
  expect(event).toMatchObject({ error: { code: "SOCKET_FAILED" }, client: eve });
  expect(event?.error.cause).toEqual(new Error(`EPIPE in ${call}`));
  expect(more).toEqual([]);
  expect(world.emitted("disconnect")).toMatchObject([{ client: eve, code: 1006 }]);
  expect(world.hub.clients.has(eve)).toBe(false);
  expect(room.has(eve)).toBe(false);
  socket.broken.clear();
  socket.calls.length = 0;
  room.broadcast("later", 1);
  eve.send("later");
  expect(eve.bufferedAmount).toBe(0);
  eve.close();
  eve.terminate();
  world.clock.advance(5_000);
  socket.receiver?.drain();
  socket.receiver?.closed(1000, "");
  world.clock.flush();
  expect(socket.calls).toEqual([]);
  for (const other of [a, b]) expect(other.take("later")).toHaveLength(1);
  expect(world.emitted("disconnect")).toHaveLength(1);
}

describe("a transport that throws costs its own client the connection, and nobody else anything", () => {
  test("in write, at the end of a turn", () => {
    const all = between();
    all.socket.broken.add("write");
    all.room.broadcast("news", 1);
    all.world.clock.flush();
    for (const other of [all.a, all.b]) {
      expect(other.take().map(({ type }) => type)).toEqual(["news", "user_left"]);
    }
    expectCut(all, "write");
  });

  test("in write, amid a turn that brings very much", () => {
    const all = between();
    all.socket.broken.add("write");
    for (let n = 0; n < 10; n++) all.room.broadcast("news", "x".repeat(20_000));
    all.world.clock.flush();
    for (const other of [all.a, all.b]) expect(other.take("news")).toHaveLength(10);
    expectCut(all, "write");
  });

  test("in bufferedAmount, when a turn begins for it", () => {
    const all = between();
    all.socket.waiting = 5_000;
    for (let n = 0; n < 3; n++) {
      all.room.broadcast("news", "x".repeat(500));
      all.world.clock.flush();
      all.socket.broken.add("bufferedAmount");
    }
    for (const other of [all.a, all.b]) expect(other.take("news")).toHaveLength(3);
    expectCut(all, "bufferedAmount");
  });

  test("in bufferedAmount, while it lags, and what it misses is looked up", () => {
    for (const look of ["message", "drain", "timer"]) {
      const all = between();
      all.socket.waiting = 5_000;
      all.eve.send("flood", "x".repeat(1_000));
      all.world.clock.flush();
      all.room.broadcast("news", 1);
      all.world.clock.flush();
      expect(all.world.emitted("lag")).toHaveLength(1);
      all.socket.broken.add("bufferedAmount");
      if (look === "message") for (let n = 0; n < 3; n++) all.eve.send("flood", "x".repeat(900));
      else if (look === "drain") all.socket.receiver?.drain();
      else all.world.clock.advance(250);
      all.world.clock.flush();
      expect(all.world.emitted("recovered")).toEqual([]);
      expectCut(all, "bufferedAmount");
    }
  });

  test("in bufferedAmount, when the application asks", () => {
    const all = between();
    all.socket.broken.add("bufferedAmount");
    expect(all.eve.bufferedAmount).toBe(Number.POSITIVE_INFINITY);
    expect(all.eve.bufferedAmount).toBe(Number.POSITIVE_INFINITY);
    all.world.clock.flush();
    expectCut(all, "bufferedAmount");
  });

  test("in ping", () => {
    const all = between();
    all.socket.broken.add("ping");
    all.world.clock.advance(1_300);
    expectCut(all, "ping");
  });

  test("in close", () => {
    const all = between();
    all.socket.broken.add("close");
    all.eve.close(4_001, "Go.");
    all.world.clock.flush();
    expectCut(all, "close");
  });

  test("in terminate", () => {
    const all = between();
    all.socket.broken.add("terminate");
    all.eve.terminate("Go.");
    all.world.clock.flush();
    expectCut(all, "terminate");
  });

  test("in write and in terminate: both are reported", () => {
    const { world, socket, eve } = between();
    socket.broken.add("write").add("terminate");
    eve.send("news");
    world.clock.flush();
    const causes = world.emitted("error").map(({ error }) => (error.cause as Error).message);
    expect(causes).toEqual(["EPIPE in write", "EPIPE in terminate"]);
    expect(world.emitted("disconnect")).toHaveLength(1);
  });

  test("in the connect event, before the adapter has its receiver", () => {
    const world = new World();
    const socket = new FragileSocket();
    socket.broken.add("close");
    world.hub.on("connect", ({ client }) => client.close());
    world.hub.accept(socket);
    world.clock.flush();
    expect(world.emitted("error")).toMatchObject([{ error: { code: "SOCKET_FAILED" } }]);
    expect(world.hub.clients.size).toBe(0);
  });

  test("in each call while the hub closes, which resolves all the same", async () => {
    for (const call of ["write", "close", "terminate", "bufferedAmount"] as const) {
      const { world, socket, eve } = between();
      socket.broken.add(call);
      eve.send("last", "x".repeat(2_000));
      const closed = world.hub.close({ timeout: 100 });
      world.clock.advance(1_000);
      socket.receiver?.closed(1006, "");
      await closed;
      expect(world.hub.clients.size).toBe(0);
      expect(world.emitted("disconnect")).toHaveLength(3);
    }
  });
});

test("what follows from a failure amid a message to many waits, so that all see one order", () => {
  const { world, a, b, socket, room } = between();
  world.hub.on("leave", () => void room.broadcast("news", "Eve is gone"));
  socket.waiting = 5_000;
  room.broadcast("news", "x".repeat(1_000));
  world.clock.flush();
  socket.broken.add("bufferedAmount");
  for (const n of [1, 2]) room.broadcast("news", n);
  world.clock.flush();
  for (const other of [a, b]) {
    expect(
      other
        .take("news")
        .map(({ payload, seq }) => [payload, seq])
        .slice(1),
    ).toEqual([
      [1, 2],
      [2, 3],
      ["Eve is gone", 4],
    ]);
  }
});

test("a user of two connections stays in the room when the transport of one throws", () => {
  const all = between();
  const tab = all.world.enter("Eve", "general");
  all.socket.broken.add("write");
  all.room.broadcast("news", 1);
  all.world.clock.flush();
  expect(tab.take().map(({ type }) => type)).toEqual(["news"]);
  expect(all.a.take().map(({ type }) => type)).toEqual(["news"]);
});
