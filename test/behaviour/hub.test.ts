import { Hub, RoomcastError, type Socket } from "roomcast";
import { MemorySocket } from "roomcast/testing";
import { describe, expect, test, vi } from "vitest";
import { join, say, World } from "../support/world.js";

describe("broadcasts", () => {
  test("to a room reach its members and nobody else", async () => {
    const world = new World();
    const [a, b] = [world.enter("Alice", "general"), world.enter("Bob")];
    const stamp = world.hub.room("general").broadcast("news", { n: 1 });
    world.clock.flush();
    const timestamp = "2000-01-01T00:00:00.000Z";
    const epoch = world.hub.room("general").position?.epoch;
    expect(await stamp).toEqual({ epoch, seq: 1, timestamp });
    expect(a.take()).toEqual([
      { type: "news", room: "general", payload: { n: 1 }, seq: 1, timestamp },
    ]);
    expect(b.take()).toEqual([]);
  });

  test.each([
    ["one client", (w: World) => w.client("alice"), ["bob", "carl"]],
    ["several clients", (w: World) => [w.client("alice"), w.client("bob")], ["carl"]],
    ["a set of clients", (w: World) => new Set([w.client("carl")]), ["alice", "bob"]],
    ["a user's connections", (w: World) => w.hub.user("bob").clients, ["alice", "carl"]],
    ["nobody", () => [], ["alice", "bob", "carl"]],
  ])("leave out %s", (_, except, expected) => {
    const world = new World();
    const names = ["Alice", "Bob", "Carl"];
    const sockets = names.map((name) => world.enter(name, "general"));
    for (const socket of sockets) socket.take();
    for (const broadcast of [
      () => world.hub.room("general").broadcast("news", 1, { except: except(world) }),
      () => world.hub.broadcast("news", 1, { except: except(world) }),
    ]) {
      broadcast();
      world.clock.flush();
      const reached = sockets.flatMap((s, i) => (s.take("news").length > 0 ? [names[i]] : []));
      expect(reached.map((name) => name?.toLowerCase())).toEqual(expected);
    }
  });

  test("to all reach those in no room too", () => {
    const world = new World();
    const sockets = [world.enter("Alice", "general"), world.enter("Bob")];
    world.hub.broadcast("news", "for all");
    world.clock.flush();
    for (const socket of sockets) {
      expect(socket.take()).toMatchObject([{ type: "news", payload: "for all" }]);
    }
  });

  test("to a room that nobody is in are no error, and keep no room", async () => {
    const world = new World();
    const stamp = await world.hub.room("empty").broadcast("news");
    expect(stamp).toMatchObject({ epoch: undefined, seq: 0 });
    expect(world.hub.rooms.size).toBe(0);
  });

  test("to one user reach all of their connections", () => {
    const world = new World();
    const sockets = [world.enter("Alice"), world.enter("Alice"), world.enter("Bob")];
    world.hub.user("alice").send("news", 1);
    world.hub.user("nobody").send("news", 1);
    world.clock.flush();
    expect(sockets.map((socket) => socket.take().length)).toEqual([1, 1, 0]);
  });

  test("of what is no JSON throw, send nothing and take no position", async () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(() => world.hub.room("general").broadcast("news", circle)).toThrow(TypeError);
    expect(() => world.hub.broadcast("news", 1n)).toThrow(TypeError);
    expect(() => world.client("alice").send("news", circle)).toThrow(TypeError);
    world.clock.flush();
    expect(a.take()).toEqual([]);
    expect((await world.hub.room("general").broadcast("news", 1)).seq).toBe(1);
  });
});

describe("a room", () => {
  test("that is held while it empties and fills stands for whoever is in it", async () => {
    const world = new World();
    const held = world.hub.room("general");
    expect([held.isEmpty, held.size, held.members]).toEqual([true, 0, []]);

    const a = world.enter("Alice", "general");
    expect([held.isEmpty, held.size, held.has(world.client("alice"))]).toEqual([false, 1, true]);
    held.broadcast("news", 1);
    world.clock.flush();
    expect(a.take()).toMatchObject([{ type: "news", seq: 1 }]);

    const kept = await world.client("alice").join("general");
    a.hangUp();
    expect([held.isEmpty, kept.isEmpty]).toEqual([true, true]);

    const b = world.enter("Bob", "general");
    kept.broadcast("news", 2);
    held.broadcast("news", 3);
    world.clock.flush();
    expect(b.take()).toMatchObject([
      { payload: 2, seq: 2 },
      { payload: 3, seq: 3 },
    ]);
    expect([held.position?.seq, kept.position?.seq]).toEqual([3, 3]);
  });

  test("must have a name", () => {
    const { hub } = new World();
    for (const id of ["", "x".repeat(129), 7, undefined, {}]) {
      expect(() => hub.room(id as string)).toThrow(RoomcastError);
    }
  });

  test("is announced when it is created and removed, once each", () => {
    const world = new World();
    const [a, b] = [world.enter("Alice", "general"), world.enter("Bob", "general")];
    a.hangUp();
    b.hangUp();
    const names = world.events.map(([name]) => name);
    expect(names.filter((name) => name !== "connect")).toEqual([
      "roomCreated",
      "join",
      "join",
      "leave",
      "disconnect",
      "leave",
      "roomRemoved",
      "disconnect",
    ]);
  });
});

describe("joining from the server", () => {
  test("sends room_info once, and a second time does nothing", async () => {
    const world = new World();
    const a = world.connect("Alice");
    const room = await world.client("alice").join("general");
    expect(await world.client("alice").join("general")).toBe(room);
    world.clock.flush();
    expect(a.take()).toMatchObject([{ type: "room_info", room: "general" }]);
  });

  test("keeps to the limits", () => {
    const world = new World({ maxRoomsPerClient: 1 });
    world.enter("Alice", "one");
    expect(() => world.client("alice").join("two")).toThrow(/at most 1 rooms/);
    expect(() => world.client("alice").join("")).toThrow(/1 to 128/);
  });

  test("a client that is gone does nothing, and leaks nothing", async () => {
    const world = new World();
    const a = world.enter("Alice");
    const client = world.client("alice");
    a.cut();
    expect((await client.join("general")).isEmpty).toBe(true);
    expect(world.hub.rooms.size).toBe(0);
    expect(client.rooms.size).toBe(0);
  });

  test("a listener may send a welcome, which comes after room_info", () => {
    const world = new World();
    world.hub.on("join", ({ client, room }) => client.send("welcome", room.id));
    const a = world.connect("Alice");
    expect(world.ask(a, join("general"))).toMatchObject([
      { type: "room_info" },
      { type: "welcome", payload: "general" },
    ]);
  });
});

describe("who is online", () => {
  test("counts users and connections apart", () => {
    const world = new World();
    world.connect("Alice");
    const tab = world.connect("Alice");
    world.connect("Bob");
    const { hub } = world;
    expect([hub.onlineCount, hub.clients.size]).toEqual([2, 3]);
    expect([hub.isOnline("alice"), hub.user("alice").isOnline]).toEqual([true, true]);
    expect([hub.isOnline("nobody"), hub.user("nobody").isOnline]).toEqual([false, false]);
    tab.hangUp();
    expect([hub.onlineCount, hub.clients.size]).toEqual([2, 2]);
  });

  test("a connection without a user is a guest of its own", () => {
    const { hub } = new World();
    MemorySocket.connect(hub);
    MemorySocket.connect(hub);
    expect(hub.onlineCount).toBe(2);
    for (const client of hub.clients) {
      expect(client.user.id).toBe(client.id);
      expect(client.user.name).toMatch(/^guest-/);
    }
  });
});

describe("one order per client", () => {
  test("across rooms, direct sends and answers", () => {
    const world = new World({ rateLimit: false });
    const a = world.enter("Alice", "one", "two");
    const b = world.enter("Bob", "one", "two");
    a.take();
    for (let n = 0; n < 50; n++) {
      world.hub.room("one").broadcast("n", 5 * n);
      world.client("alice").send("n", 5 * n + 1);
      world.hub.room("two").broadcast("n", 5 * n + 2, { except: world.client("bob") });
      world.hub.user("alice").send("n", 5 * n + 3);
      a.send({ type: "ping", id: String(n) });
      world.hub.broadcast("n", 5 * n + 4);
    }
    world.clock.flush();
    const numbers = a.take("n").map(({ payload }) => payload);
    expect(numbers).toEqual(Array.from({ length: 250 }, (_, n) => n));
    expect(a.take("pong").map(({ id }) => Number(id))).toEqual(
      Array.from({ length: 50 }, (_, n) => n),
    );
    expect(b.take("n").map(({ payload }) => payload)).toEqual(
      Array.from({ length: 250 }, (_, n) => n).filter((n) => n % 5 === 0 || n % 5 === 4),
    );
  });

  test("also when one turn brings more than is written at once", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const text = "x".repeat(1_000);
    for (let n = 0; n < 10_000; n++) world.hub.room("general").broadcast("n", { n, text });
    world.clock.flush();
    expect(a.take().map(({ seq }) => seq)).toEqual(Array.from({ length: 10_000 }, (_, n) => n + 1));
  });
});

describe("a client that does not read", () => {
  const options = { maxBufferedBytes: 10_000 };
  const text = "x".repeat(1_000);

  test("costs bounded memory, is told what it missed, and leaves the others alone", () => {
    const world = new World(options);
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.take();
    b.pause();
    for (let turn = 0; turn < 100; turn++) {
      world.hub.room("general").broadcast("n", text);
      world.hub.room("general").broadcast("n", text);
      world.clock.flush();
    }
    expect(a.take()).toHaveLength(200);
    expect(b.bufferedAmount).toBeGreaterThan(10_000);
    expect(b.bufferedAmount).toBeLessThan(13_000);

    b.resume();
    world.clock.flush();
    const got = b.take("n").length;
    expect(b.take()).toMatchObject([{ type: "gap", payload: { from: got + 1, to: 200 } }]);
    expect(world.emitted("drop")).toMatchObject([
      { client: { user: { id: "bob" } }, count: 200 - got },
    ]);
    expect(world.hub.stats()).toMatchObject({ dropped: 200 - got, missed: 200 - got, lagging: 0 });
  });

  test("is sent to again when it has read, after the gap", () => {
    const world = new World(options);
    const b = world.enter("Bob", "general");
    b.pause();
    const say = () => {
      world.hub.room("general").broadcast("n", text.repeat(11));
      world.clock.flush();
    };
    for (let turn = 0; turn < 5; turn++) say();
    b.resume();
    say();
    expect(b.take().map(({ type, seq, payload }) => seq ?? { type, payload })).toEqual([
      1,
      { type: "gap", payload: { from: 2, to: 5 } },
      6,
    ]);
  });

  test("is closed by a lag listener that wants it so", () => {
    const world = new World(options);
    world.hub.on("lag", ({ client }) => client.close(4_001, "Too slow for us."));
    const b = world.enter("Bob", "general");
    b.pause();
    for (let turn = 0; turn < 3; turn++) {
      world.hub.room("general").broadcast("n", text.repeat(11));
      world.clock.flush();
    }
    expect(b.closed).toEqual({ code: 4_001, reason: "Too slow for us." });
    expect(world.hub.clients.size).toBe(0);
  });

  test("loses nothing of a burst within one turn, however large", () => {
    const world = new World(options);
    const b = world.enter("Bob", "general");
    b.pause();
    for (let n = 0; n < 1_000; n++) world.hub.room("general").broadcast("n", text);
    world.clock.flush();
    expect(world.emitted("drop")).toEqual([]);
    b.resume();
    expect(b.take()).toHaveLength(1_000);
  });

  test("reports a drop once per client and turn", () => {
    const world = new World(options);
    const b = world.enter("Bob", "general");
    b.pause();
    for (let n = 0; n < 20; n++) world.hub.room("general").broadcast("n", text);
    world.clock.flush();
    for (let n = 0; n < 7; n++) {
      world.hub.room("general").broadcast("n", text, { policy: "drop" });
    }
    world.clock.flush();
    expect(world.emitted("drop").map(({ count }) => count)).toEqual([7]);
  });
});

describe("closing a client", () => {
  test("sends what is queued, leaves the rooms at once, and ends when the handshake does", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.take();
    const client = world.client("alice");
    client.send("bye");
    client.close(4_500, "Kicked.");
    expect(client.isOpen).toBe(false);
    expect(world.hub.room("general").has(client)).toBe(false);
    expect(world.emitted("disconnect")).toEqual([]);

    client.send("lost");
    world.hub.broadcast("lost");
    world.clock.flush();
    expect(a.take()).toMatchObject([{ type: "bye" }]);
    expect(a.closed).toEqual({ code: 4_500, reason: "Kicked." });
    expect(b.take()).toMatchObject([{ type: "user_left" }, { type: "lost" }]);
    expect(world.emitted("disconnect")).toMatchObject([{ code: 4_500, reason: "Kicked." }]);
  });

  test("twice, or after the end, does nothing", () => {
    const world = new World();
    const a = world.enter("Alice");
    const client = world.client("alice");
    client.close(4_500);
    client.close(4_501);
    world.clock.flush();
    client.close(4_502);
    client.terminate();
    world.clock.flush();
    expect(a.closed?.code).toBe(4_500);
    expect(world.emitted("disconnect")).toHaveLength(1);
  });

  test.each([0, 999, 1004, 1005, 1006, 1015, 2_999, 5_000, 1.5, Number.NaN])(
    "with the code %d is refused, and the connection stays",
    (code) => {
      const world = new World();
      const a = world.connect("Alice");
      expect(() => world.client("alice").close(code)).toThrow(/code must be/);
      expect(() => world.hub.close({ code })).toThrow(/code must be/);
      expect(world.ask(a, { type: "ping" })).toEqual([{ type: "pong" }]);
      expect(world.hub.isClosing).toBe(false);
    },
  );

  test("may happen inside any callback", () => {
    const world = new World();
    world.hub.on("connect", ({ client }) => {
      if (client.user.id === "early") client.close();
    });
    world.hub.on("join", ({ client }) => {
      if (client.user.id === "joiner") client.close();
    });
    world.hub.handle("quit", (client) => client.terminate());
    const sockets = [
      world.enter("Early"),
      world.enter("Joiner", "general"),
      world.enter("Quitter"),
    ];
    world.ask(sockets[2] as MemorySocket, { type: "quit", id: "q" });
    expect(sockets.map((socket) => socket.closed !== undefined)).toEqual([true, true, true]);
    expect([world.hub.clients.size, world.hub.rooms.size, world.hub.onlineCount]).toEqual([
      0, 0, 0,
    ]);
  });

  test("by a socket that closes while it is written to harms nobody", () => {
    const world = new World();
    const fragile: Socket = {
      bufferedAmount: 0,
      write: () => receiver.closed(1006, ""),
      close() {},
      terminate() {},
    };
    const receiver = world.hub.accept(fragile, { user: { id: "f", name: "Fragile" } });
    receiver.message(JSON.stringify(join("general")));
    const [a, b] = [world.connect("Alice"), world.connect("Bob")];
    for (const socket of [a, b]) socket.send(join("general"));
    b.send(say("general", 1));
    world.clock.flush();
    expect(a.take().map(({ type }) => type)).toEqual([
      "room_info",
      "user_joined",
      "new_message",
      "user_left",
    ]);
    expect(world.hub.clients.size).toBe(2);
  });
});

describe("closing the hub", () => {
  test("sends what is queued, closes everyone, and resolves when all are gone", async () => {
    const world = new World();
    const [a, b] = [world.enter("Alice", "general"), world.enter("Bob", "general")];
    world.hub.broadcast("bye");
    const closed = world.hub.close();
    expect(world.hub.isClosing).toBe(true);
    world.clock.flush();
    await closed;
    for (const socket of [a, b]) {
      expect(socket.take("bye")).toHaveLength(1);
      expect(socket.closed).toEqual({ code: 1001, reason: "The server is going away." });
    }
    expect(world.clock.pendingTimers).toBe(0);
    expect([world.hub.clients.size, world.hub.rooms.size, world.hub.onlineCount]).toEqual([
      0, 0, 0,
    ]);
  });

  test("tells nobody who leaves: everybody does", async () => {
    const world = new World();
    const sockets = ["Alice", "Bob", "Carl"].map((name) => world.enter(name, "general"));
    sockets[0]?.send({ type: "typing", room: "general" });
    world.clock.flush();
    for (const socket of sockets) socket.take();
    const closed = world.hub.close();
    world.clock.flush();
    await closed;
    for (const socket of sockets) expect(socket.take()).toEqual([]);
    expect(world.emitted("leave")).toHaveLength(3);
  });

  test("cuts off who does not finish in time", async () => {
    const world = new World();
    let isCut = false;
    const receiver = world.hub.accept({
      bufferedAmount: 0,
      write() {},
      close() {},
      terminate() {
        isCut = true;
        receiver.closed(1006, "");
      },
    });
    const closed = world.hub.close({ timeout: 1_000, code: 4_000, reason: "Restart." });
    world.clock.advance(999);
    expect(isCut).toBe(false);
    world.clock.advance(1);
    await closed;
    expect(isCut).toBe(true);
    expect(world.emitted("disconnect")).toMatchObject([{ reason: "It did not finish closing." }]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("lets nobody in any more, and twice is once", async () => {
    const world = new World();
    const closed = world.hub.close();
    expect(world.hub.close()).toBe(closed);
    await closed;
    const late = world.connect("Late");
    world.clock.flush();
    expect(late.closed?.code).toBe(1001);
    expect(world.hub.clients.size).toBe(0);
    expect(world.clock.pendingTimers).toBe(0);
  });
});

describe("a listener that throws", () => {
  test("is reported, and harms nobody", () => {
    const world = new World();
    const cause = new Error("oops");
    for (const event of ["connect", "join", "leave", "disconnect", "roomRemoved"] as const) {
      world.hub.on(event, () => {
        throw cause;
      });
    }
    const a = world.enter("Alice", "one", "two");
    a.cut();
    expect([world.hub.clients.size, world.hub.rooms.size, world.hub.onlineCount]).toEqual([
      0, 0, 0,
    ]);
    expect(world.emitted("error")).toHaveLength(8);
    expect(world.emitted("error")[0]).toMatchObject({ error: { code: "LISTENER_FAILED", cause } });
  });

  test("even of error itself", () => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const world = new World({ logger });
    world.hub.on("error", () => {
      throw new Error("worse");
    });
    world.hub.handle("fail", () => {
      throw new Error("bad");
    });
    expect(world.ask(world.connect("Alice"), { type: "fail" })).toMatchObject([{ type: "error" }]);
    expect(logger.error).toHaveBeenCalledOnce();
  });
});

describe("an async listener that rejects", () => {
  test("is reported with its cause, for every event", async () => {
    const world = new World({ history: {}, maxBufferedBytes: 1_000 });
    const cause = new Error("database is away");
    const events = [
      ...([
        "connect",
        "disconnect",
        "join",
        "leave",
        "message",
        "lag",
        "recovered",
        "drop",
      ] as const),
      ...(["refused", "roomCreated", "roomRemoved", "memberJoined", "memberLeft"] as const),
    ];
    for (const event of events) {
      world.hub.on(event, async () => {
        await undefined;
        throw cause;
      });
      world.hub.emit(event as "join", {} as never);
      await new Promise((resolve) => setImmediate(resolve));
      expect(world.emitted("error")).toMatchObject([{ error: { code: "LISTENER_FAILED", cause } }]);
      world.events.length = 0;
      world.hub.removeAllListeners(event);
    }
  });

  test("even of error itself, once", async () => {
    const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const world = new World({ logger });
    world.hub.on("error", async () => {
      throw new Error("worse");
    });
    world.hub.handle("fail", () => {
      throw new Error("bad");
    });
    world.ask(world.connect("Alice"), { type: "fail" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(logger.error).toHaveBeenCalledOnce();
  });

  test("keeps no other listener from hearing, and can be removed", () => {
    const hub = new Hub({ clock: new World().clock });
    const heard: string[] = [];
    const failing = async () => {
      heard.push("failing");
      throw new Error("bad");
    };
    const once = () => heard.push("once");
    hub.on("error", () => heard.push("error"));
    hub.on("connect", () => {
      throw new Error("at once");
    });
    hub.on("connect", failing).once("connect", once);
    expect(hub.listeners("connect").slice(1)).toEqual([failing, once]);
    MemorySocket.connect(hub);
    expect(heard).toEqual(["failing", "once", "error"]);
    hub.off("connect", failing);
    expect(hub.listenerCount("connect")).toBe(1);
    hub.once("connect", once).off("connect", once);
    expect(hub.listenerCount("connect")).toBe(1);
  });
});

test("errors that nobody listens to reach the logger", () => {
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const hub = new Hub({ logger });
  hub.handle("fail", () => {
    throw new Error("bad");
  });
  MemorySocket.connect(hub).send({ type: "fail" });
  expect(logger.error.mock.calls).toMatchObject([[{ code: "HANDLER_FAILED" }]]);
});

test("a handler for no type, or that is none, is refused", () => {
  const { hub } = new World();
  expect(() => hub.handle("", () => {})).toThrow(/type must be a string of 1 to 128/);
  expect(() => hub.handle("draw", undefined as never)).toThrow(/handler must be a function/);
  expect(() => hub.close({ timeout: 0 })).toThrow(/timeout must be a number above 0/);
});

test("stats count what happened", () => {
  const world = new World();
  const a = world.enter("Alice", "general");
  world.enter("Bob", "general");
  world.ask(a, say("general", 1));
  expect(world.hub.stats()).toEqual({
    clients: 2,
    users: 2,
    rooms: 1,
    received: 3,
    delivered: 5,
    dropped: 0,
    lagging: 0,
    replayed: 0,
    missed: 0,
  });
});
