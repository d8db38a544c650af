import { RoomcastError } from "roomcast";
import { describe, expect, test } from "vitest";
import { codeOf, PageWorld } from "./page-world.js";
import { record, roomInfo, ScriptedServer } from "./scripted.js";

const error = (code: string) => ({ type: "error", payload: { code, message: "!" } });

async function rejoin() {
  const server = new ScriptedServer();
  const connection = server.connect();
  const room = await server.letIn(connection, 4);
  const left: string[] = [];
  room.on("left", ({ code }) => left.push(code));
  await server.breakLine();
  const joins = () => server.sent.filter(({ type }) => type === "join_room");
  return { server, connection, room, left, joins };
}

describe("a rejoin", () => {
  test.each(["INTERNAL", "HANDLER_TIMEOUT", "UNAVAILABLE", "RATE_LIMITED"])(
    "that fails with %s is asked again with the backoff, and what is sent waits",
    async (code) => {
      const { server, room, left, joins } = await rejoin();
      const sending = room.send("x");
      await server.answer(error(code));
      await server.pass(499);
      expect(joins()).toHaveLength(1);
      await server.pass(1);
      expect(joins()).toHaveLength(2);
      await server.answer(error(code));
      await server.pass(999);
      expect(joins()).toHaveLength(2);
      await server.pass(1);
      expect(joins()[2]?.payload).toMatchObject({ since: { epoch: "one", seq: 4 } });
      expect(server.sent.some(({ type }) => type === "send_message")).toBe(false);
      await server.answer(roomInfo(4));
      expect(room.isJoined).toBe(true);
      await server.answer({ type: "ack", room: "general", seq: 5 });
      expect((await sending).seq).toBe(5);
      expect(left).toEqual([]);
    },
  );

  test.each(["FORBIDDEN", "TOO_MANY_ROOMS", "INVALID_PAYLOAD", "BANNED_BY_THE_APPLICATION"])(
    "that is refused with %s is final",
    async (code) => {
      const { server, left, joins } = await rejoin();
      await server.answer(error(code));
      await server.pass(20_000);
      expect(left).toEqual([code]);
      expect(joins()).toHaveLength(1);
    },
  );

  test("that is answered late is asked again, and the late answer lets in", async () => {
    const { server, room, left, joins } = await rejoin();
    await server.pass(10_000);
    // The line is alive: it is the answer that is late.
    await server.say({ type: "pong" });
    await server.pass(400);
    await server.answer(roomInfo(4));
    expect(room.isJoined).toBe(true);
    await server.pass(100);
    expect(joins()).toHaveLength(2);
    await server.answer(roomInfo(4));
    const heard = record(room);
    await server.quiet();
    expect(heard).toEqual([]);
    expect(left).toEqual([]);
  });

  test("that waits to be asked again is asked at once on the next connection, and once", async () => {
    const { server, room, joins } = await rejoin();
    await server.answer(error("INTERNAL"));
    await server.breakLine();
    expect(joins()).toHaveLength(1);
    await server.answer(roomInfo(4));
    await server.pass(5_000);
    expect(joins()).toHaveLength(1);
    expect(room.isJoined).toBe(true);
  });

  test("that waits to be asked again is not asked after leave, and leaves no timer", async () => {
    const { server, connection, room, joins } = await rejoin();
    await server.answer(error("INTERNAL"));
    room.leave();
    await server.pass(5_000);
    expect(joins()).toHaveLength(1);
    connection.close();
    expect(server.clock.pendingTimers).toBe(0);
  });

  test("of many rooms asks for 20 at a time", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    const ids = Array.from({ length: 50 }, (_, index) => `room ${index}`);
    for (const id of ids) void connection.join(id);
    await server.quiet();
    expect(server.sent).toHaveLength(20);
    const answered = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const next = server.sent.find(({ id }) => !answered.has(id as string));
      answered.add(next?.id as string);
      await server.say({ ...roomInfo(0), room: next?.room, id: next?.id });
      expect(server.sent.length - answered.size).toBe(Math.min(20, 49 - round));
    }
    expect(server.sent.map(({ room }) => room)).toEqual(ids);
  });
});

test("a first join that fails for a passing reason rejects, and can be asked again", async () => {
  const server = new ScriptedServer();
  const room = server.connect().room("general");
  for (const code of ["INTERNAL", "RATE_LIMITED"]) {
    const joining = codeOf(room.join());
    await server.quiet();
    await server.answer(error(code));
    expect(await joining).toBe(code);
  }
});

test("an access check that fails once, or is slow, costs no room", async () => {
  let check: () => unknown = () => true;
  const world = new PageWorld({ history: {}, authorize: () => check() as boolean });
  const alice = await world.visit("Alice", "general", { timeout: 1_000 });
  check = () => {
    check = () => new Promise((resolve) => world.clock.setTimeout(() => resolve(true), 1_500));
    throw new Error("The database is restarting.");
  };
  alice.line.end(1006);
  for (let second = 0; second < 8; second++) await world.pass(500);
  expect(alice.room.isJoined).toBe(true);
  check = () => {
    throw new RoomcastError("FORBIDDEN", "Not any more.");
  };
  world.network.last.end(1006);
  for (let second = 0; second < 4; second++) await world.pass(500);
  expect(await codeOf(alice.room.send("x"))).toBe("FORBIDDEN");
});

test("a hundred rooms and their requests survive a rate limit", async () => {
  const world = new PageWorld({ rateLimit: { perSecond: 20, burst: 40 } });
  world.hub.handle("x", () => "ok");
  const connection = world.dial("Alice");
  const rooms = Array.from({ length: 100 }, (_, index) => connection.room(`room ${index}`));
  for (const room of rooms) {
    await world.settle(room.join());
    await world.pass(100);
  }
  world.network.last.end(1006);
  for (let round = 0; round < 400 && rooms.some((room) => !room.isJoined); round++) {
    await world.pass(100);
  }
  expect(rooms.filter((room) => !room.isJoined)).toEqual([]);
  expect(world.network.sockets).toHaveLength(2);
});
