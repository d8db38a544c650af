import type { Timers } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import { codeOf, PageWorld } from "./page-world.js";
import { roomInfo, ScriptedServer } from "./scripted.js";

const typesOf = (sent: readonly string[]) =>
  sent.map((text) => (JSON.parse(text) as { type: string }).type);

/** What a promise has come to so far. */
function watch(promise: Promise<unknown>): { readonly code: string } {
  const result = { code: "pending" };
  void codeOf(promise).then((code) => {
    result.code = code;
  });
  return result;
}

describe("a request that has no answer in its time", () => {
  test("has the line asked at once, so that a dead one is found in 20 seconds", async () => {
    const world = new PageWorld();
    const { connection, room, line } = await world.visit("Alice");
    line.freeze();
    const sending = watch(room.send("x", { timeout: 5_000 }));
    await world.pass(5_000);
    expect(sending.code).toBe("TIMEOUT");
    expect(typesOf(line.sent).at(-1)).toBe("ping");
    await world.pass(19_999);
    expect(connection.status.state).toBe("open");
    await world.pass(1);
    expect(connection.status.state).toBe("waiting");
  });

  test("with `retry` is sent again when the line turns out to be dead", async () => {
    const world = new PageWorld();
    const { room, line } = await world.visit("Alice");
    line.freeze();
    const sending = room.send("x", { retry: true, timeout: 5_000 });
    const outcome = watch(sending);
    await world.pass(25_000);
    expect(outcome.code).toBe("pending");
    await world.pass(500);
    expect(await sending).toMatchObject({ seq: 1 });
  });

  test("with `retry` is TIMEOUT when the server answers, but not to the request", async () => {
    const world = new PageWorld();
    const { connection } = await world.visit("Alice");
    world.hub.handle("never", () => new Promise(() => {}));
    const asked = watch(connection.request("never", 1, { retry: true, timeout: 5_000 }));
    await world.pass(4_999);
    expect(asked.code).toBe("pending");
    await world.pass(1);
    expect(asked.code).toBe("TIMEOUT");
    await world.pass(60_000);
    expect(connection.status.state).toBe("open");
    expect(world.network.sockets).toHaveLength(1);
  });
});

describe("a join whose answer stands behind much data", () => {
  test("waits as long as the server is on its way", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    const joining = connection.join("general");
    await server.quiet();
    const outcome = watch(joining);
    const { id } = server.sent.find(({ type }) => type === "join_room") ?? {};
    await server.pass(12_000);
    expect(outcome.code).toBe("pending");
    await server.say({ type: "news" });
    await server.pass(24_000);
    expect(outcome.code).toBe("pending");
    await server.say({ ...roomInfo(1), id });
    expect((await joining).isJoined).toBe(true);
    expect(server.lines).toHaveLength(1);
  });

  test("is TIMEOUT when what the server had to say has arrived without it", async () => {
    const server = new ScriptedServer();
    const outcome = watch(server.connect().join("general"));
    await server.quiet();
    await server.pass(10_000);
    expect(server.sent.at(-1)).toEqual({ type: "ping" });
    await server.say({ type: "pong" });
    expect(outcome.code).toBe("TIMEOUT");
  });

  test("is taken back before a listener of `left` joins anew", async () => {
    const server = new ScriptedServer();
    const room = server.connect().room("general");
    room.on("left", () => void room.join());
    const code = codeOf(room.join());
    await server.quiet();
    await server.pass(10_000);
    await server.say({ type: "pong" });
    expect(await code).toBe("TIMEOUT");
    expect(server.sent.map(({ type }) => type).slice(-2)).toEqual(["leave_room", "join_room"]);
  });
});

describe("after a sleep of this end", () => {
  test.each([1_000, 5_000, 60_000, 8 * 3_600_000])(
    "of %i ms the server has its time to answer a ping",
    async (ms) => {
      const server = new ScriptedServer();
      const connection = server.connect();
      await server.quiet();
      await server.pass(25_000 + 19_900);
      expect(server.sent.at(-1)).toEqual({ type: "ping" });
      server.clock.sleep(ms);
      await server.quiet();
      expect(connection.status.state).toBe("open");
      // What was answered while we slept arrives.
      await server.say({ type: "pong" });
      await server.pass(40_000);
      expect(connection.status.state).toBe("open");
      expect(server.lines).toHaveLength(1);
    },
  );

  test("a server that is gone is found within 20 seconds", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    await server.quiet();
    await server.pass(25_000 + 1_000);
    server.clock.sleep(60_000);
    await server.pass(20_000);
    expect(connection.status.state).toBe("waiting");
  });

  test("a request that was answered meanwhile resolves", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    await server.quiet();
    const asked = connection.request("note");
    server.clock.sleep(60_000);
    await server.answer({ type: "ack", payload: "yes" });
    expect(await asked).toBe("yes");
  });

  test("a request that is not answered has its time once more", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    await server.quiet();
    const asked = watch(connection.request("note"));
    server.clock.sleep(60_000);
    await server.pass(9_999);
    expect(asked.code).toBe("pending");
    await server.pass(1);
    expect(asked.code).toBe("TIMEOUT");
  });

  test("an attempt that succeeded meanwhile counts", async () => {
    const server = new ScriptedServer();
    let give = (_: string) => {};
    const token = () => new Promise<string>((resolve) => (give = resolve));
    const connection = server.connect({ token });
    await server.quiet();
    server.clock.sleep(60_000);
    give("Alice");
    await server.quiet();
    expect(connection.status.state).toBe("open");
    expect(server.lines).toHaveLength(1);
  });

  test("what waited for the connection for too long is not sent", async () => {
    const world = new PageWorld();
    const { room, line, connection } = await world.visit("Alice");
    line.end(1006);
    const sending = codeOf(room.send("old"));
    world.clock.sleep(3_600_000);
    await world.quiet();
    expect(connection.status.state).toBe("open");
    expect(await sending).toBe("EXPIRED");
    expect(typesOf(world.network.last.sent)).not.toContain("send_message");
  });

  test("what waited for too long is not sent where the line opens before the timer runs", async () => {
    const world = new PageWorld();
    const { clock } = world;
    // A throttled page: its timers are late.
    const throttled: Timers = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimeout: (callback, ms) => clock.setTimeout(callback, ms < 30_000 ? ms : 2 * ms),
      clearTimeout: (handle) => clock.clearTimeout(handle),
    };
    const { room, line, connection } = await world.visit("Alice", "general", { clock: throttled });
    world.network.isDown = true;
    line.end(1006);
    const sending = codeOf(room.send("old"));
    await world.pass(30_001);
    world.network.isDown = false;
    connection.retry();
    await world.quiet();
    expect(connection.status.state).toBe("open");
    expect(await sending).toBe("EXPIRED");
    expect(typesOf(world.network.last.sent)).not.toContain("send_message");
  });

  test("the wall clock alone makes nothing expire", async () => {
    const world = new PageWorld();
    const { room, line } = await world.visit("Alice");
    line.end(1006);
    const sending = codeOf(room.send("x"));
    world.clock.setTime(world.clock.now() + 3_600_000);
    await world.pass(500);
    expect(await sending).toBe("resolved");
  });
});
