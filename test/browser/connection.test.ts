import { RoomcastError } from "roomcast";
import { type ConnectionRoom, connect } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import { codeOf, PageWorld } from "./page-world.js";
import { ScriptedServer } from "./scripted.js";

/** What a promise has come to, without waiting for it. */
async function outcome(world: PageWorld, promise: Promise<unknown>): Promise<string> {
  let result = "pending";
  codeOf(promise).then((code) => {
    result = code;
  });
  await world.quiet();
  return result;
}

const names = (room: ConnectionRoom) => room.members.map(({ name }) => name);

describe("joining", () => {
  test("resolves with a room that knows its members, and keeps them current", async () => {
    const world = new PageWorld();
    const alice = await world.visit("Alice");
    expect(names(alice.room)).toEqual(["Alice"]);
    const changes: string[][] = [];
    alice.room.on("members", (members) => changes.push(members.map(({ name }) => name)));
    const bob = await world.visit("Bob");
    expect(names(bob.room)).toEqual(["Alice", "Bob"]);
    bob.connection.close();
    await world.quiet();
    expect(changes).toEqual([["Alice", "Bob"], ["Alice"]]);
  });

  test("rejects with the server's error", async () => {
    const world = new PageWorld();
    world.hub.handle("join_room", () => {
      throw new RoomcastError("FORBIDDEN", "Not you.");
    });
    const connection = world.dial("Alice");
    expect(await codeOf(world.settle(connection.join("general")))).toBe("FORBIDDEN");
  });

  test("twice is one membership, with two handles that both work", async () => {
    const world = new PageWorld();
    const { connection, room: one, line } = await world.visit("Alice");
    const two = await world.settle(connection.join("general"));
    expect(line.sent.filter((text) => text.includes("join_room"))).toHaveLength(1);

    const heard: string[] = [];
    one.on("new_message", () => heard.push("one"));
    two.on("new_message", () => heard.push("two"));
    world.hub.room("general").broadcast("new_message", 1);
    await world.quiet();
    expect(heard).toEqual(["one", "two"]);

    one.leave();
    await world.quiet();
    expect(world.hub.room("general").size).toBe(1);
    expect(await codeOf(one.send("x"))).toBe("LEFT");
    expect(await codeOf(world.settle(two.send("x")))).toBe("resolved");
    expect([one.isJoined, two.isJoined]).toEqual([false, true]);
    two.leave();
    await world.quiet();
    expect(world.hub.room("general").size).toBe(0);
  });

  test("while the line is down waits for it", async () => {
    const world = new PageWorld();
    world.network.isDown = true;
    const connection = world.dial("Alice");
    const joining = connection.join("general");
    expect(await outcome(world, joining)).toBe("pending");
    await world.pass(60_000);
    world.network.isDown = false;
    await world.pass(20_000);
    expect(names(await joining)).toEqual(["Alice"]);
  });

  test("survives a line that breaks before the answer", async () => {
    const world = new PageWorld();
    world.network.onOpen = (line) => {
      if (world.network.sockets.length === 1) line.end(1006, "");
    };
    const joining = world.dial("Alice").join("general");
    await world.quiet();
    await world.pass(500);
    expect(names(await joining)).toEqual(["Alice"]);
  });

  test("is taken back by its signal, before and after it was sent", async () => {
    const world = new PageWorld();
    world.network.isDown = true;
    const connection = world.dial("Alice");
    const [early, late] = [new AbortController(), new AbortController()];
    early.abort();
    expect(await codeOf(connection.join("general", { signal: early.signal }))).toBe("ABORTED");
    const joining = connection.join("general", { signal: late.signal });
    await world.quiet();
    late.abort();
    expect(await codeOf(joining)).toBe("ABORTED");
    world.network.isDown = false;
    await world.pass(1_000);
    expect(connection.status.state).toBe("open");
    expect(world.hub.rooms.size).toBe(0);
  });

  test("taken back by one leaves it to the other", async () => {
    const world = new PageWorld();
    const connection = world.dial("Alice");
    const controller = new AbortController();
    const one = connection.join("general", { signal: controller.signal });
    const two = connection.join("general");
    controller.abort();
    expect(await codeOf(one)).toBe("ABORTED");
    expect((await world.settle(two)).isJoined).toBe(true);
  });
});

describe("sending", () => {
  test("resolves with the stamp when the server has accepted it", async () => {
    const world = new PageWorld();
    const { room } = await world.visit("Alice");
    expect(await world.settle(room.send({ content: "hi" }))).toEqual({
      epoch: world.hub.room("general").position?.epoch,
      seq: 1,
      timestamp: "2000-01-01T00:00:00.000Z",
    });
  });

  test("reaches the others' listeners, until they are taken back", async () => {
    const world = new PageWorld();
    const alice = await world.visit("Alice");
    const bob = await world.visit("Bob");
    const heard: unknown[] = [];
    const stop = bob.room.on("new_message", ({ sender, payload }) => heard.push([sender, payload]));
    await world.settle(alice.room.send("one"));
    stop();
    await world.settle(alice.room.send("two"));
    expect(heard).toEqual([[{ id: "Alice", name: "Alice" }, "one"]]);
  });

  test("rejects with the server's error, without an answer with TIMEOUT", async () => {
    const world = new PageWorld();
    const { connection, room } = await world.visit("Alice", "general", { timeout: 1_000 });
    world.hub.handle("never", () => new Promise(() => {}));
    expect(await codeOf(world.settle(connection.request("nope")))).toBe("UNKNOWN_TYPE");
    const [usual, quick] = [room.request("never"), room.request("never", 1, { timeout: 10 })];
    const codes = Promise.all([codeOf(usual), codeOf(quick)]);
    await world.quiet();
    await world.pass(10);
    expect(await codeOf(quick)).toBe("TIMEOUT");
    expect(await outcome(world, usual)).toBe("pending");
    await world.pass(990);
    expect(await codes).toEqual(["TIMEOUT", "TIMEOUT"]);
  });

  test("any type that is handled resolves with the payload of its ack", async () => {
    const world = new PageWorld();
    const { connection, room } = await world.visit("Alice");
    world.hub.handle("add", (_, { payload }) => {
      const [a, b] = payload as [number, number];
      return a + b;
    });
    world.hub.handle("where", (_, message) => message.room.id);
    expect(await world.settle(connection.request("add", [1, 2]))).toBe(3);
    expect(await world.settle(room.request("where"))).toBe("general");
  });

  test("rejects what cannot be written as JSON, and goes on", async () => {
    const world = new PageWorld();
    const { connection, room, line } = await world.visit("Alice");
    await expect(room.send(1n)).rejects.toThrow(TypeError);
    line.end(1006, "");
    await world.pass(500);
    expect(connection.status.state).toBe("open");
    expect(await world.settle(room.send("hi"))).toMatchObject({ seq: 1 });
  });

  test("lets go of a signal when it has its answer", async () => {
    const world = new PageWorld();
    const { connection, room } = await world.visit("Alice");
    const listeners = new Set<unknown>();
    const counted = {
      aborted: false,
      addEventListener: (_: string, listener: () => void) => listeners.add(listener),
      removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
    };
    await world.settle(room.send("x", { signal: counted }));
    await world.settle(connection.join("other", { signal: counted }));
    await world.quiet();
    expect(listeners.size).toBe(0);
  });

  test("is taken back by its signal", async () => {
    const world = new PageWorld();
    const { room } = await world.visit("Alice");
    const controller = new AbortController();
    const sending = room.send("x", { signal: controller.signal });
    controller.abort();
    expect(await codeOf(sending)).toBe("ABORTED");
  });

  test("after close rejects with CLOSED", async () => {
    const world = new PageWorld();
    const { connection, room } = await world.visit("Alice");
    connection.close();
    expect(await codeOf(connection.request("ping"))).toBe("CLOSED");
    expect(await codeOf(room.send("x"))).toBe("CLOSED");
    expect(await codeOf(connection.join("other"))).toBe("CLOSED");
  });
});

describe("a line that breaks", () => {
  test("is there again after the delay, in the same rooms", async () => {
    const world = new PageWorld();
    const { connection, room, line } = await world.visit("Alice");
    const seen: string[] = [];
    connection.on("status", (status) => {
      seen.push("delay" in status ? `${status.state} ${status.delay}` : status.state);
    });
    line.end(1006, "");
    await world.quiet();
    expect(room.isJoined).toBe(false);
    await world.pass(499);
    expect(world.hub.clients.size).toBe(0);
    await world.pass(1);
    expect(seen).toEqual(["waiting 500", "connecting", "open"]);
    expect(room.isJoined).toBe(true);
    expect(world.hub.room("general").size).toBe(1);
  });

  test("keeps what is sent meanwhile, in order, until one is in the room again", async () => {
    const world = new PageWorld();
    const { room, line } = await world.visit("Alice");
    const bob = await world.visit("Bob");
    const heard: unknown[] = [];
    bob.room.on("new_message", ({ payload }) => heard.push(payload));
    line.end(1006, "");
    const sending = Promise.all([1, 2, 3].map((n) => room.send(n)));
    await world.pass(500);
    expect((await sending).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(heard).toEqual([1, 2, 3]);
  });

  test("rejects what was sent and not answered, unless the caller wants it sent again", async () => {
    const world = new PageWorld();
    const { connection, line } = await world.visit("Alice");
    const seen: unknown[] = [];
    world.hub.handle("slow", async (_, { payload }) => {
      seen.push(payload);
      await new Promise(() => {});
    });
    const once = connection.request("slow", "once");
    const again = connection.request("slow", "again", { retry: true });
    const codes = codeOf(once);
    await world.quiet();
    line.end(1006, "");
    expect(await codes).toBe("CONNECTION_LOST");
    world.hub.handle("slow", (_, { payload }) => seen.push(payload));
    await world.pass(500);
    expect(await codeOf(again)).toBe("resolved");
    expect(seen).toEqual(["once", "again", "again"]);
  });

  test("does not send again what the server closed the connection for", async () => {
    const world = new PageWorld();
    // Before the first room it is not known how much the server takes.
    const connection = world.dial("Alice");
    const sending = codeOf(connection.request("note", "x".repeat(5_000), { retry: true }));
    await world.quiet();
    expect(connection.status).toMatchObject({ state: "waiting", code: 1009 });
    expect(await sending).toBe("CONNECTION_LOST");
    await world.pass(500);
    expect(connection.status.state).toBe("open");
  });

  test("bounds what waits, by number and by age", async () => {
    const world = new PageWorld();
    const options = { queue: { messages: 2, maxAge: 5_000 } };
    const { connection, line } = await world.visit("Alice", "general", options);
    world.network.isDown = true;
    line.end(1006, "");
    const codes = ["ping", "ping", "ping"].map((type) => codeOf(connection.request(type)));
    expect(await outcome(world, connection.request("ping"))).toBe("QUEUE_FULL");
    await world.pass(4_999);
    expect(await codes[2]).toBe("QUEUE_FULL");
    expect(await Promise.race([codes[0], "pending"])).toBe("pending");
    await world.pass(1);
    expect(await Promise.all(codes)).toEqual(["EXPIRED", "EXPIRED", "QUEUE_FULL"]);
  });

  test("says so to the room, where the server does not let one in again", async () => {
    const world = new PageWorld();
    const { room, line } = await world.visit("Alice");
    const left: string[] = [];
    room.on("left", ({ code }) => left.push(code));
    line.end(1006, "");
    const waiting = codeOf(room.send("x"));
    world.hub.handle("join_room", () => {
      throw new RoomcastError("FORBIDDEN", "Not any more.");
    });
    await world.pass(500);
    expect(left).toEqual(["FORBIDDEN"]);
    expect(await waiting).toBe("FORBIDDEN");
    expect(room.isJoined).toBe(false);
  });
});

describe("coming back", () => {
  test("takes longer with each failure, up to 20 seconds", async () => {
    const world = new PageWorld();
    world.network.isDown = true;
    const delays: number[] = [];
    const connection = world.dial("Alice");
    connection.on("status", (status) => {
      if (status.state === "waiting") delays.push(status.delay);
    });
    await world.quiet();
    for (let attempt = 0; attempt < 8; attempt++) await world.pass(20_000);
    expect(delays.slice(0, 8)).toEqual([500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
  });

  test("takes a random part of that", async () => {
    const world = new PageWorld();
    world.network.isDown = true;
    world.random = () => 0.25;
    const connection = world.dial("Alice");
    await world.quiet();
    expect(connection.status).toEqual({ state: "waiting", delay: 125, code: 1006, reason: "" });
  });

  test("does not wait when it is told to retry", async () => {
    const world = new PageWorld();
    const { connection, line } = await world.visit("Alice");
    line.end(1006, "");
    connection.retry();
    await world.quiet();
    expect(connection.status.state).toBe("open");
  });

  test("takes longer too with a server that accepts and closes at once", async () => {
    const world = new PageWorld();
    const delays: number[] = [];
    const connection = world.dial("Alice");
    connection.on("status", (status) => {
      if (status.state === "waiting") delays.push(status.delay);
    });
    world.network.onOpen = (line) => line.end(1011, "");
    await world.quiet();
    for (let attempt = 0; attempt < 3; attempt++) await world.pass(delays.at(-1) ?? 0);
    expect(delays).toEqual([500, 1000, 2000, 4000]);
  });

  test("starts over after a line that was good", async () => {
    const world = new PageWorld();
    const { connection } = await world.visit("Alice");
    for (let round = 0; round < 3; round++) {
      await world.pass(5_000);
      world.network.last.end(1006, "");
      expect(connection.status).toEqual({ state: "waiting", delay: 500, code: 1006, reason: "" });
      await world.pass(500);
    }
  });

  test("asks for a token anew each time", async () => {
    const world = new PageWorld();
    let count = 0;
    const token = async () => `Alice${++count}`;
    const { line } = await world.visit("Alice", "general", { token });
    line.end(1006, "");
    await world.pass(500);
    expect(world.network.sockets.map(({ url }) => url)).toEqual([
      "ws://server/ws?token=Alice1",
      "ws://server/ws?token=Alice2",
    ]);
  });

  test("makes no line for a token that comes after the close", async () => {
    const world = new PageWorld();
    let give: (token: string) => void = () => {};
    const token = () => new Promise<string>((resolve) => (give = resolve));
    const connection = world.dial("Alice", { token });
    await world.quiet();
    connection.close();
    give("Alice");
    await world.quiet();
    expect(connection.status.state).toBe("closed");
    expect(world.network.sockets).toEqual([]);
  });

  test("counts a token that throws as a failure, and tells of it", async () => {
    const world = new PageWorld();
    const cause = new Error("offline");
    let fails = true;
    const token = () => {
      if (fails) throw cause;
      return "Alice";
    };
    const connection = world.dial("Alice", { token });
    const errors: unknown[] = [];
    connection.on("error", (error) => errors.push(error));
    await world.quiet();
    expect(errors).toMatchObject([{ code: "ATTEMPT_FAILED", cause }]);
    const reason = "Error: offline";
    expect(connection.status).toEqual({ state: "waiting", delay: 500, code: 0, reason });
    fails = false;
    await world.pass(500);
    expect(connection.status.state).toBe("open");
  });

  test("stays closed where a listener of the failure closes it", async () => {
    const world = new PageWorld();
    const token = () => {
      throw new Error("offline");
    };
    const connection = world.dial("Alice", { token });
    connection.on("error", () => connection.close());
    await world.quiet();
    await world.pass(60_000);
    expect(connection.status).toEqual({ state: "closed", code: 1000, reason: "" });
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("ends where the token is refused for good", async () => {
    const world = new PageWorld();
    const token = () => Promise.reject(new RoomcastError("FORBIDDEN", "Log in again."));
    const connection = world.dial("Alice", { token });
    const joining = codeOf(connection.join("general"));
    await world.quiet();
    expect(connection.status).toMatchObject({ state: "closed", reason: /Log in again/ });
    expect(await joining).toBe("CLOSED");
    await world.pass(60_000);
    expect(world.network.sockets).toEqual([]);
  });

  test.each([1000, 4_500, 4_999])("ends with the close code %i", async (code) => {
    const world = new PageWorld();
    const { connection, room } = await world.visit("Alice");
    const left: string[] = [];
    room.on("left", (error) => left.push(error.code));
    for (const client of world.hub.clients) client.close(code, "Enough.");
    await world.quiet();
    expect(connection.status).toEqual({ state: "closed", code, reason: "Enough." });
    expect(left).toEqual(["CLOSED"]);
    await world.pass(60_000);
    expect(world.network.sockets).toHaveLength(1);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test.each([0, 1001, 1006, 1008, 1011, 1012, 4_000, 4_499])(
    "follows the close code %i",
    async (code) => {
      const world = new PageWorld();
      const { connection, line } = await world.visit("Alice");
      line.end(code, "");
      await world.pass(500);
      expect(connection.status.state).toBe("open");
    },
  );

  test("finds a server that was restarted, with new rooms", async () => {
    const world = new PageWorld();
    const { room, connection } = await world.visit("Alice");
    const closed = world.hub.close();
    await world.quiet();
    await closed;
    expect(connection.status.state).toBe("waiting");
    await world.pass(500);
    world.restart();
    await world.pass(1_000);
    expect(await world.settle(room.send("hello again"))).toMatchObject({ seq: 1 });
  });
});

describe("a line that is dead", () => {
  test("is noticed when the heartbeat of the options says so", async () => {
    const world = new PageWorld();
    const heartbeat = { interval: 3_000, timeout: 1_000 };
    const { connection, line } = await world.visit("Alice", "general", { heartbeat });
    await world.pass(3_600_000);
    expect(connection.status.state).toBe("open");
    line.freeze();
    await world.pass(3_999);
    expect(connection.status.state).toBe("open");
    await world.pass(1);
    expect(connection.status.state).toBe("waiting");
  });

  test("is noticed in 45 seconds, and replaced", async () => {
    const world = new PageWorld();
    const { connection, line } = await world.visit("Alice");
    line.freeze();
    await world.pass(44_999);
    expect(connection.status.state).toBe("open");
    await world.pass(1);
    expect(connection.status.state).toBe("waiting");
    await world.pass(500);
    expect(connection.status.state).toBe("open");
  });

  test("is not listened to any more once it is given up", async () => {
    const world = new PageWorld();
    const { connection, room, line } = await world.visit("Alice");
    line.freeze();
    await world.pass(45_000);
    await world.pass(500);
    line.thaw();
    const heard: unknown[] = [];
    room.on("new_message", ({ payload }) => heard.push(payload));
    line.deliver('{"type":"new_message","room":"general","payload":"from the dead"}');
    line.onclose?.({ code: 4_500, reason: "" } as never);
    await world.quiet();
    expect(heard).toEqual([]);
    expect(connection.status.state).toBe("open");
  });

  test("is not one that is merely silent", async () => {
    const world = new PageWorld();
    const { connection } = await world.visit("Alice");
    await world.pass(3_600_000);
    expect(connection.status.state).toBe("open");
    expect(world.network.sockets).toHaveLength(1);
  });

  test("is asked at once when the page wakes", async () => {
    const world = new PageWorld();
    const page = new EventTarget();
    Object.assign(globalThis, {
      addEventListener: page.addEventListener.bind(page),
      removeEventListener: page.removeEventListener.bind(page),
    });
    try {
      const { connection, line } = await world.visit("Alice");
      line.freeze();
      // However often it is woken: one question, one reconnect.
      for (let second = 0; second < 20; second++) {
        page.dispatchEvent(new Event("online"));
        await world.pass(1_000);
      }
      expect(connection.status.state).toBe("waiting");
      world.random = () => 1;
      for (let event = 0; event < 10; event++) page.dispatchEvent(new Event("online"));
      await world.quiet();
      expect(connection.status.state).toBe("open");
      expect(world.network.sockets).toHaveLength(2);
      connection.close();
      page.dispatchEvent(new Event("online"));
      await world.quiet();
      expect(world.network.sockets).toHaveLength(2);
    } finally {
      Reflect.deleteProperty(globalThis, "addEventListener");
      Reflect.deleteProperty(globalThis, "removeEventListener");
    }
  });

  test("after a sleep of hours is one reconnect", async () => {
    const world = new PageWorld();
    const { connection, line } = await world.visit("Alice");
    line.freeze();
    world.clock.sleep(8 * 3_600_000);
    await world.pass(20_000);
    expect(connection.status.state).toBe("waiting");
    await world.pass(500);
    expect(connection.status.state).toBe("open");
    expect(world.network.sockets).toHaveLength(2);
  });

  test("the server asks in its own way is answered", async () => {
    const world = new PageWorld();
    const { line } = await world.visit("Alice");
    line.deliver('{"type":"ping"}');
    await world.quiet();
    expect(line.sent.at(-1)).toBe('{"type":"pong"}');
  });
});

describe("what a server should not send", () => {
  test.each([
    ["not JSON", "{", "INVALID_MESSAGE"],
    ["no object", "7", "INVALID_MESSAGE"],
    ["nothing", "null", "INVALID_MESSAGE"],
    ["no type", "{}", "INVALID_MESSAGE"],
    ["room_info without a payload", '{"type":"room_info","room":"general"}', "INVALID_MESSAGE"],
    [
      "user_joined of nobody",
      '{"type":"user_joined","room":"general","payload":null}',
      "INVALID_MESSAGE",
    ],
    ["an error without a payload", '{"type":"error"}', "INVALID_MESSAGE"],
    ["a type that nobody listens for", '{"type":"news"}', "UNKNOWN_TYPE"],
    [
      "an error",
      '{"type":"error","payload":{"code":"RATE_LIMITED","message":"!"}}',
      "RATE_LIMITED",
    ],
  ])("%s is an error event, and the connection goes on", async (_, text, code) => {
    const world = new PageWorld();
    const { connection, room, line } = await world.visit("Alice");
    const errors: string[] = [];
    connection.on("error", (error) => errors.push(error.code));
    line.deliver(text);
    await world.quiet();
    expect(errors).toEqual([code]);
    expect(await codeOf(world.settle(room.send("still here")))).toBe("resolved");
  });

  test("messages beyond rooms reach who listens on the connection", async () => {
    const world = new PageWorld();
    const { connection } = await world.visit("Alice");
    const heard: unknown[] = [];
    connection.on("news", ({ payload }) => heard.push(payload));
    connection.on("error", (error) => heard.push(error));
    world.hub.broadcast("news", 1);
    world.hub.user("Alice").send("news", 2);
    await world.quiet();
    expect(heard).toEqual([1, 2]);
  });
});

describe("typing", () => {
  const sent = (texts: string[]) =>
    texts
      .map((text) => (JSON.parse(text) as { type: string }).type)
      .filter((t) => t !== "join_room");

  test("is told seldom, and ends by itself", async () => {
    const world = new PageWorld();
    const { room, line } = await world.visit("Alice");
    for (let key = 0; key < 50; key++) {
      room.typing();
      await world.pass(100);
    }
    expect(sent(line.sent)).toEqual(["typing", "typing"]);
    await world.pass(3_000);
    expect(sent(line.sent)).toEqual(["typing", "typing", "stop_typing"]);
  });

  test("is not told to a room that one has been put out of", async () => {
    const world = new PageWorld();
    const { connection, room, line } = await world.visit("Alice");
    const errors: string[] = [];
    connection.on("error", ({ code }) => errors.push(code));
    room.typing();
    line.end(1006, "");
    world.hub.handle("join_room", () => {
      throw new RoomcastError("FORBIDDEN", "Not any more.");
    });
    await world.pass(5_000);
    expect(world.network.last.sent.map((text) => JSON.parse(text).type)).toEqual(["join_room"]);
    expect(errors).toEqual([]);
  });

  test("ends with the message, without a word", async () => {
    const world = new PageWorld();
    const { room, line } = await world.visit("Alice");
    room.typing();
    await world.settle(room.send("done"));
    await world.pass(10_000);
    expect(sent(line.sent)).toEqual(["typing", "send_message"]);
  });

  test("is taken back once", async () => {
    const world = new PageWorld();
    const { room, line } = await world.visit("Alice");
    room.typing();
    room.stopTyping();
    room.stopTyping();
    expect(sent(line.sent)).toEqual(["typing", "stop_typing"]);
  });
});

test("a connection that is closed leaves no timer behind", async () => {
  const server = new ScriptedServer();
  const connection = server.connect();
  const room = await server.letIn(connection, 0);
  room.typing();
  void codeOf(room.send("x"));
  connection.close(4_000, "Bye.");
  connection.close();
  await server.quiet();
  expect(connection.status).toEqual({ state: "closed", code: 4_000, reason: "Bye." });
  await server.pass(3_000);
  expect(server.clock.pendingTimers).toBe(0);
});

test("where there is no WebSocket it says so", () => {
  const { WebSocket } = globalThis;
  Reflect.deleteProperty(globalThis, "WebSocket");
  try {
    expect(() => connect("ws://server")).toThrow(/No WebSocket: pass one/);
  } finally {
    if (WebSocket !== undefined) Object.assign(globalThis, { WebSocket });
  }
});

describe("an attempt that fails", () => {
  test("is over with its error, also where the runtime tells of no close", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    const states: string[] = [];
    connection.on("status", ({ state }) => states.push(state));
    while (server.lines.length === 0) await Promise.resolve();
    const { line } = server;
    line.fail();
    await server.quiet();
    expect(states).toEqual(["connecting", "waiting"]);
    await server.pass(500);
    expect(connection.status.state).toBe("open");
    expect(server.lines).toHaveLength(2);
  });

  test("counts once where error and close both come", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    const states: string[] = [];
    connection.on("status", ({ state }) => states.push(state));
    while (server.lines.length === 0) await Promise.resolve();
    const { line } = server;
    line.fail();
    line.end(1006);
    await server.pass(10_000);
    expect(states).toEqual(["connecting", "waiting", "connecting", "open"]);
  });
});
