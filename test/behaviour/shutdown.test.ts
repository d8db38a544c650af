import { type CloseOptions, type HubOptions, RoomcastError } from "roomcast";
import { describe, expect, test } from "vitest";
import { LateHistory, rejoin, settle } from "../support/late-history.js";
import { join, say, World } from "../support/world.js";

/** A hub with some clients, and a handler that ends when the test says so. */
function running(options: HubOptions = {}, clients = 2) {
  const world = new World({ heartbeat: false, ...options });
  const sockets = Array.from({ length: clients }, (_, n) => world.enter(`C${n}`, "general"));
  for (const socket of sockets) socket.take();
  const finishers: ((payload: unknown) => void)[] = [];
  world.hub.handle("slow", () => new Promise((resolve) => finishers.push(resolve)));
  /** Ends the handler that began first. */
  const finish = async (payload: unknown = "done") => {
    finishers.shift()?.(payload);
    await settle(world);
  };
  let isClosed = false;
  const close = (options?: CloseOptions) => {
    const closed = world.hub.close(options).then(() => {
      isClosed = true;
    });
    world.clock.flush();
    return closed;
  };
  const [a, b] = sockets as [(typeof sockets)[0], (typeof sockets)[0]];
  return { world, sockets, a, b, finish, close, isClosed: () => isClosed };
}

describe("a hub that closes", () => {
  test("lets handlers finish first, and their answers arrive", async () => {
    const { world, a, b, finish, close, isClosed } = running();
    a.send({ type: "slow", id: "1" });
    b.send({ type: "slow", id: "2" });
    const closed = close();
    await finish("first");
    expect([a.closed, b.closed, isClosed()]).toEqual([undefined, undefined, false]);
    world.client("c1").send("still here");
    await finish("second");
    await closed;
    expect(a.take()).toMatchObject([{ type: "ack", id: "1", payload: "first" }]);
    expect(b.take()).toMatchObject([{ type: "still here" }, { id: "2", payload: "second" }]);
    expect([a.closed?.code, b.closed?.code]).toEqual([1_001, 1_001]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("lets handlers that fail finish first, too", async () => {
    const { world, a, close } = running();
    let fail: (cause: unknown) => void = () => {};
    world.hub.handle("slow", () => new Promise((_, reject) => (fail = reject)));
    a.send({ type: "slow", id: "1" });
    const closed = close();
    fail(new Error("late"));
    await settle(world);
    await closed;
    expect(a.take()).toMatchObject([{ type: "error", payload: { code: "INTERNAL" } }]);
  });

  test("lets authorize and what waits for it finish first", async () => {
    let allow: (is: boolean) => void = () => {};
    const authorize = (_: unknown, action: string) =>
      action === "join" || new Promise<boolean>((resolve) => (allow = resolve));
    const { world, a, b, close } = running({ authorize });
    a.send(say("general", "first", "1"));
    a.send(say("general", "second", "2"));
    const closed = close();
    await settle(world);
    for (let n = 0; n < 2; n++) {
      expect(a.closed).toBeUndefined();
      allow(true);
      await settle(world);
    }
    await closed;
    expect(a.take()).toMatchObject([
      { type: "ack", id: "1" },
      { type: "ack", id: "2" },
    ]);
    expect(b.take()).toMatchObject([{ payload: "first" }, { payload: "second" }]);
  });

  test("lets who is about to come back to a room come back, and leaves nothing of it", async () => {
    const historyStore = new LateHistory();
    const { world, a, b, close } = running({ history: {}, historyStore });
    const since = world.hub.room("general").position;
    b.cut();
    world.hub.room("general").broadcast("n", "missed");
    const again = world.connect("C1");
    again.send(rejoin("general", since));
    await settle(world);
    const closed = close();
    await settle(world);
    expect(again.closed).toBeUndefined();
    await historyStore.answerAll(world);
    await closed;
    expect(again.take()).toMatchObject([{ payload: { recovered: true } }, { payload: "missed" }]);
    expect([a.closed?.code, world.hub.rooms.size, world.clock.pendingTimers]).toEqual([
      1_001, 0, 0,
    ]);
  });

  test("waits for handlers for half of its time, and for the handshakes for the rest", async () => {
    const { world, a, b, finish, close, isClosed } = running();
    b.close = () => {};
    a.send({ type: "slow", id: "1" });
    const closed = close({ timeout: 10_000 });
    world.clock.advance(4_999);
    expect([a.closed, isClosed()]).toEqual([undefined, false]);
    world.clock.advance(1);
    expect([a.closed?.code, b.closed]).toEqual([1_001, undefined]);
    world.clock.advance(4_999);
    await settle(world);
    expect([b.closed, isClosed()]).toEqual([undefined, false]);
    world.clock.advance(1);
    expect(b.closed?.code).toBe(1_006);
    await closed;
    await finish();
    expect([a.take(), world.clock.pendingTimers]).toEqual([[], 0]);
  });

  test("takes five seconds at most, unless it is told otherwise", async () => {
    const { world, a, b, close } = running();
    b.close = () => {};
    a.send({ type: "slow" });
    const closed = close();
    world.clock.advance(2_500);
    expect(a.closed?.code).toBe(1_001);
    world.clock.advance(2_500);
    await closed;
    expect(b.closed?.code).toBe(1_006);
  });

  test("does not handle what arrives after that", async () => {
    const { world, a, b, finish, close } = running();
    a.send({ type: "slow", id: "1" });
    const closed = close();
    a.send(say("general", "too late", "2"));
    b.send(join("other", "3"));
    await finish();
    await closed;
    expect(a.take()).toMatchObject([{ id: "1" }]);
    expect(b.take()).toEqual([]);
    expect(world.emitted("join").map(({ room }) => room.id)).not.toContain("other");
  });

  test("hears the answers that a handler waits for, and still says that it is there", async () => {
    const { world, a, b, close } = running();
    world.hub.handle("ask", async () => (await world.client("c1").request("ready?")).payload);
    a.send({ type: "ask", id: "1" });
    world.clock.flush();
    const closed = close();
    b.send({ type: "ping", id: "2" });
    b.send({ type: "ack", id: b.take("ready?")[0]?.id, payload: "yes" });
    await settle(world);
    await closed;
    expect(a.take()).toMatchObject([{ id: "1", payload: "yes" }]);
    expect(b.take()).toMatchObject([{ type: "pong", id: "2" }]);
  });

  test("sends what is queued before it says goodbye", async () => {
    const { world, sockets, close } = running();
    world.hub.broadcast("last words");
    await close({ spread: 1_000 });
    for (const socket of sockets) {
      expect(socket.take().map(({ type }) => type)).toEqual(["last words", "reconnect"]);
    }
  });

  test("lets nobody in, while it waits and after", async () => {
    const { world, a, finish, close } = running();
    a.send({ type: "slow" });
    const closed = close();
    const late = world.connect("Late");
    world.clock.flush();
    expect(late.closed?.code).toBe(1_001);
    await finish();
    await closed;
    const later = world.connect("Later");
    world.clock.flush();
    expect([later.closed?.code, world.hub.clients.size]).toEqual([1_001, 0]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("twice is once: the promise is the same, and nobody waits longer", async () => {
    const { world, a, b } = running();
    b.close = () => {};
    const first = world.hub.close({ timeout: 1_000, code: 4_200 });
    const second = world.hub.close({ timeout: 60_000, code: 4_201 });
    expect(second).toBe(first);
    world.clock.advance(1_000);
    await first;
    expect(a.closed?.code).toBe(4_200);
    expect(world.hub.close()).toBe(first);
  });

  test("without a client is closed at once", async () => {
    const { world, close } = running({}, 0);
    await close({ spread: 1_000 });
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("whose last client goes while a handler runs is closed then", async () => {
    const { a, b, close } = running();
    a.send({ type: "slow" });
    const closed = close();
    a.cut();
    b.hangUp();
    await closed;
  });

  test("has nothing left: no room, no timer, nobody who types or is waited for", async () => {
    const { world, a, b, close } = running({
      history: {},
      presence: { grace: 10_000 },
      heartbeat: { interval: 1_000, timeout: 2_000 },
      maxBufferedBytes: 1_000,
    });
    a.send({ type: "typing", room: "general" });
    world.enter("Carl", "general").cut();
    b.pause();
    for (const length of [2_000, 1, 1]) {
      world.hub.room("general").broadcast("n", "x".repeat(length));
      world.clock.flush();
    }
    world.hub.room("empty").broadcast("n");
    void world.client("c0").request("ready?");
    expect(world.hub.stats().lagging).toBe(1);
    await close();
    expect(world.clock.pendingTimers).toBe(0);
    expect(world.hub.stats()).toMatchObject({ clients: 0, users: 0, rooms: 0, lagging: 0 });
    expect(world.emitted("roomRemoved")).toHaveLength(1);
  });
});

describe("with a spread", () => {
  /** What each client is told. */
  async function delays(clients: number, spread: number): Promise<number[]> {
    const { sockets, close } = running({ presence: "none" }, clients);
    await close({ spread });
    return sockets.map((socket) => {
      const [{ type, payload } = { type: "" }, ...rest] = socket.take();
      expect([type, rest, socket.closed?.code]).toEqual(["reconnect", [], 1_001]);
      return (payload as { delay: number }).delay;
    });
  }

  test("each client is told a delay of its own, evenly over it", async () => {
    const told = (await delays(100, 10_000)).sort((a, b) => a - b);
    expect(told.map((delay) => Math.floor(delay / 100))).toEqual(Array.from(told.keys()));
  });

  test("a single client waits for half of it", async () => {
    expect(await delays(1, 10_000)).toEqual([5_000]);
  });

  test("more clients than milliseconds share them, within it", async () => {
    const told = await delays(100, 10);
    expect(new Set(told).size).toBeGreaterThanOrEqual(10);
    expect([Math.min(...told) >= 0, Math.max(...told) <= 10]).toEqual([true, true]);
  });

  test("is the last that each is told, whatever listeners of leave send", async () => {
    const { world, sockets, close } = running({}, 3);
    world.hub.on("leave", ({ client, room }) => {
      client.send("bye");
      room.broadcast("gone", client.user.id);
      world.hub.broadcast("news");
    });
    await close({ spread: 1_000 });
    for (const socket of sockets) expect(socket.take()).toMatchObject([{ type: "reconnect" }]);
  });

  test("is not told to those that still miss messages", async () => {
    const { world, a, b, close } = running({ history: {}, maxBufferedBytes: 1_000 });
    b.pause();
    for (let n = 0; n < 3; n++) {
      world.hub.room("general").broadcast("n", "x".repeat(900));
      world.clock.flush();
    }
    const closed = close({ spread: 1_000 });
    b.resume();
    await closed;
    expect(a.take().at(-1)).toMatchObject({ type: "reconnect" });
    expect(b.take().map(({ type }) => type)).toEqual(["n", "n"]);
  });

  test("of none, nobody is told anything", async () => {
    const { a, close } = running();
    await close();
    expect(a.take()).toEqual([]);
  });
});

describe("closing options", () => {
  test("say with which code and why", async () => {
    const { a, close } = running();
    await close({ code: 4_100, reason: "Deploying." });
    expect(a.closed).toEqual({ code: 4_100, reason: "Deploying." });
  });

  test.each<[unknown, RegExp]>([
    [{ timeout: 0 }, /timeout must be a number above 0; got 0/],
    [{ timeout: "1" }, /timeout .* got "1"/],
    [{ timeout: Number.POSITIVE_INFINITY }, /timeout .* got Infinity/],
    [{ spread: -1 }, /spread must be a number from 0 up to 2147483647 .*; got -1/],
    [{ spread: Number.NaN }, /spread .* got NaN/],
    [{ spread: Number.POSITIVE_INFINITY }, /spread .* got Infinity/],
    [{ spread: "1" }, /spread .* got "1"/],
    [{ code: 1_005 }, /code must be a close code that may be sent.* got 1005/],
    [{ code: 5_000 }, /code .* got 5000/],
    [{ delay: 1 }, /Unknown option "delay". Options: code, reason, timeout, spread/],
  ])("that cannot work throw, and the hub stays open: %j", (options, text) => {
    const { world } = running();
    const close = () => world.hub.close(options as CloseOptions);
    expect(close).toThrow(RoomcastError);
    expect(close).toThrow(text);
    expect(close).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    expect([world.hub.isClosing, world.hub.clients.size]).toEqual([false, 2]);
  });
});
