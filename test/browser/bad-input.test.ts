import { type ConnectOptions, connect } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import { codeOf, PageWorld } from "./page-world.js";

const cycle: unknown[] = [];
cycle.push(cycle);

describe("what is no JSON", () => {
  const payloads = [
    ["a BigInt", 1n],
    ["a cycle", cycle],
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
  ] as const;

  test.each(payloads)("%s rejects at once while the line is down", async (_, payload) => {
    const world = new PageWorld();
    const { connection, room, line } = await world.visit("Alice");
    const handled: unknown[] = [];
    world.hub.handle("note", (_, message) => {
      handled.push(message.payload);
    });
    line.end(1006);
    const first = room.send("first");
    await expect(world.settle(room.send(payload))).rejects.toThrow(TypeError);
    await expect(world.settle(connection.request("note", payload))).rejects.toThrow(TypeError);
    const second = connection.request("note", "second");
    await world.pass(500);
    expect(connection.status.state).toBe("open");
    expect(await Promise.all([codeOf(first), codeOf(second)])).toEqual(["resolved", "resolved"]);
    expect(handled).toEqual(["second"]);
  });

  test("undefined is no message to the others, but a request without a payload", async () => {
    const world = new PageWorld();
    const { room, line } = await world.visit("Alice");
    world.hub.handle("note", () => "ok");
    line.end(1006);
    await expect(world.settle(room.send(undefined))).rejects.toThrow(/payload must be a JSON/);
    const asked = room.request("note");
    await world.pass(500);
    expect(await asked).toBe("ok");
  });

  test.each(payloads)("%s as an answer is reported, and not sent", async (_, payload) => {
    const world = new PageWorld();
    const { connection, room } = await world.visit("Alice");
    const errors: unknown[] = [];
    connection.on("error", (error) => errors.push(error));
    room.on("what?", () => payload);
    const receipt = world.hub.room("general").request("what?", {}, { timeout: 1_000 });
    await world.quiet();
    expect(errors).toMatchObject([
      { code: "LISTENER_FAILED", message: /what\?/, cause: expect.any(TypeError) },
    ]);
    expect(await codeOf(world.settle(room.send("still here")))).toBe("resolved");
    await world.pass(1_000);
    void receipt;
  });
});

test("what goes out is what was sent, whatever becomes of the object", async () => {
  const world = new PageWorld();
  const alice = await world.visit("Alice");
  const bob = await world.visit("Bob");
  const heard: unknown[] = [];
  bob.room.on("new_message", ({ payload }) => heard.push(payload));
  alice.line.end(1006);
  const draft: { text: unknown } = { text: "sent" };
  const sending = alice.room.send(draft);
  draft.text = "changed";
  await world.pass(500);
  draft.text = 1n;
  await sending;
  expect(heard).toEqual([{ text: "sent" }]);
});

describe("a request that cannot be sent ever rejects at once", () => {
  test.each([
    ["a type that is no string", 7, {}, /type must be a string of 1 to 128 characters; got 7/],
    ["an empty type", "", {}, /type must be/],
    ["a type that no server takes", "x".repeat(129), {}, /type must be/],
    ["a timeout that is no number", "note", { timeout: Number.NaN }, /timeout must be .* got NaN/],
    ["a timeout beyond any timer", "note", { timeout: 2 ** 31 }, /timeout must be .* 2147483647/],
    ["a timeout below 1 ms", "note", { timeout: 0 }, /timeout must be a number from 1/],
  ])("for %s", async (_, type, options, message) => {
    const world = new PageWorld();
    const { connection, line } = await world.visit("Alice");
    const asked = connection.request(type as string, 1, options);
    await expect(world.settle(asked)).rejects.toMatchObject({ code: "INVALID_OPTION", message });
    expect(line.sent).toHaveLength(1);
  });

  test("for a signal that is none", async () => {
    const world = new PageWorld();
    const { connection, line } = await world.visit("Alice");
    const asked = connection.request("note", 1, { signal: {} as AbortSignal });
    await expect(world.settle(asked)).rejects.toThrow();
    expect(line.sent).toHaveLength(1);
  });
});

describe("connect throws for an option that cannot work", () => {
  test.each([
    [{ timout: 1 }, 'Unknown option "timout". Options: token, protocols, timeout, queue,'],
    [{ queue: { maxage: 1 } }, 'Unknown option "queue.maxage". Options: messages, maxAge.'],
    [{ token: "x" }, "token must be of type function; got x."],
    [{ protocols: "chat" }, "protocols must be of type object; got chat."],
    [{ timeout: Number.NaN }, "timeout must be a number from 1 to 2147483647; got NaN."],
    [{ timeout: "5" }, "timeout must be a number"],
    [{ timeout: null }, "timeout must be a number from 1 to 2147483647; got null."],
    [{ queue: { messages: -1 } }, "queue.messages must be a number from 0"],
    [{ queue: { maxAge: Number.POSITIVE_INFINITY } }, "queue.maxAge must be a number"],
    [{ backoff: { min: 0 } }, "backoff.min must be a number from 1"],
    [{ backoff: { max: 2 ** 31 } }, "backoff.max must be a number"],
    [{ heartbeat: { interval: 0 } }, "heartbeat.interval must be a number from 1"],
    [{ heartbeat: { timeout: -5 } }, "heartbeat.timeout must be a number from 1"],
    [{ WebSocket: {} }, "WebSocket must be of type function"],
    [{ random: 0.5 }, "random must be of type function; got 0.5."],
  ])("%j", (options, message) => {
    const dial = () => connect("ws://server/ws", options as unknown as ConnectOptions);
    expect(dial).toThrow(message);
    expect(dial).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  test("but not for one that is undefined", async () => {
    const world = new PageWorld();
    const { connection } = await world.visit("Alice", "general", {
      protocols: undefined,
      timeout: undefined,
      queue: { messages: undefined, maxAge: undefined },
      backoff: { min: undefined, max: undefined },
      heartbeat: { interval: undefined, timeout: undefined },
    });
    world.network.last.end(1006);
    expect(connection.status).toMatchObject({ state: "waiting", delay: 500 });
    const codes = [codeOf(connection.request("ping"))];
    world.network.isDown = true;
    await world.pass(30_000);
    expect(await Promise.all(codes)).toEqual(["EXPIRED"]);
  });
});
