import type { Envelope } from "roomcast";
import type { ConnectionRoom } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import { codeOf } from "./page-world.js";
import { message, record, roomInfo, ScriptedServer } from "./scripted.js";

/** A room that was entered at a position, and nobody listens to yet. */
async function enter(seq = 0) {
  const server = new ScriptedServer();
  const connection = server.connect();
  const errors: string[] = [];
  connection.on("error", ({ code }) => errors.push(code));
  const room = await server.letIn(connection, seq);
  return { server, connection, room, errors };
}

const messages = (from: number, to: number): Envelope[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(from + index));

const seqs = (from: number, to: number) => messages(from, to).map(({ seq }) => seq);

const note = (payload: unknown): Envelope => ({ type: "note", room: "general", payload });

describe("a room that nobody listens to yet", () => {
  test("holds messages that come right behind the answer to join, in the same task", async () => {
    const server = new ScriptedServer();
    const joining = server.connect().join("general");
    await server.quiet();
    const { id } = server.sent.at(-1) as Envelope;
    // Some runtimes run no promises between messages that arrived together.
    server.hand({ ...roomInfo(0), id }, ...messages(1, 40));
    const heard = record(await joining);
    expect(heard).toEqual([]);
    await server.quiet();
    expect(heard).toEqual(seqs(1, 40));
  });

  test("holds what comes until a later listener, in order, and then goes on", async () => {
    const { server, room, errors } = await enter();
    await server.say(...messages(1, 3), note("a"), message(4));
    await server.pass(10_000);
    const heard = record(room);
    room.on("note", ({ payload }) => heard.push(payload));
    // Arrives before the held ones are handed on.
    server.hand(message(5));
    await server.say(message(6));
    expect(heard).toEqual([1, 2, 3, "a", 4, 5, 6]);
    expect(errors).toEqual([]);
  });

  test("hands on in a microtask, so that all listeners hear that are added together", async () => {
    const { server, room } = await enter();
    await server.say(message(1), note("a"));
    const heard: unknown[] = [];
    for (const name of ["one", "two"]) room.on("new_message", () => heard.push(name));
    room.on("note", () => heard.push("note"));
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual(["one", "two", "note"]);
  });

  test("goes on holding where listeners are removed at once, as by effects that run twice", async () => {
    const { server, room } = await enter();
    await server.say(message(1));
    record(room);
    const stop = room.on("new_message", () => {});
    stop();
    const heard = record(room);
    await server.quiet();
    expect(heard).toEqual([1]);

    const other = await enter();
    await other.server.say(message(1));
    other.room.on("new_message", () => {})();
    await other.server.say(message(2));
    const late = record(other.room);
    await other.server.say(message(3));
    expect(late).toEqual([1, 2, 3]);
  });

  test("tells members at once, and their listeners do not end the holding", async () => {
    const { server, room } = await enter();
    const heard: unknown[] = [];
    room.on("members", (members) => heard.push(members.map(({ id }) => id)));
    room.on("gap", () => {});
    room.on("left", () => {});
    const joined = { type: "user_joined", room: "general", payload: { id: "1", name: "Ada" } };
    await server.say(message(1), joined);
    expect(heard).toEqual([["1"]]);
    room.on("user_joined", () => heard.push("joined"));
    room.on("new_message", ({ seq }) => heard.push(seq));
    await server.quiet();
    expect(heard).toEqual([["1"], 1, "joined"]);
  });

  test("tells of the oldest as a gap, where there are more than 200", async () => {
    const { server, room } = await enter();
    await server.say(...messages(1, 450));
    const heard = record(room);
    await server.quiet();
    await server.say(message(451));
    expect(heard).toEqual([{ from: 1, to: 250 }, ...seqs(251, 451)]);
  });

  test("tells of the oldest as a gap, where they are longer than 256 KiB", async () => {
    const { server, room } = await enter();
    const payload = "x".repeat(100_000);
    await server.say(...messages(1, 5).map((envelope) => ({ ...envelope, payload })), message(6));
    const heard = record(room);
    await server.quiet();
    expect(heard).toEqual([{ from: 1, to: 3 }, 4, 5, 6]);
  });

  test("counts a message that is too long by itself as a gap", async () => {
    const { server, room } = await enter();
    await server.say({ ...message(1), payload: "x".repeat(300_000) });
    const heard = record(room);
    await server.say(message(2));
    expect(heard).toEqual([{ from: 1, to: 1 }, 2]);
  });

  test("joins what is too much with a gap in it, of known and of unknown length", async () => {
    const { server, room } = await enter();
    await server.say(...messages(1, 10), message(15), roomInfo(3, "two"));
    await server.say(...messages(4, 202));
    const heard = record(room);
    await server.quiet();
    expect(heard).toEqual([{ from: 1, to: undefined }, ...seqs(4, 202)]);
  });

  test("holds a gap in its place", async () => {
    const { server, room } = await enter();
    await server.say(message(1), message(3), roomInfo(0, "two"), message(1));
    const heard = record(room);
    await server.quiet();
    expect(heard).toEqual([1, { from: 2, to: 2 }, 3, { from: 4, to: undefined }, 1]);
  });

  test("hands a gap to a listener for gaps alone, unless messages are held before it", async () => {
    const { server, room } = await enter();
    const gaps: unknown[] = [];
    await server.say(roomInfo(5));
    room.on("gap", (gap) => gaps.push(gap));
    await server.quiet();
    expect(gaps).toEqual([{ from: 1, to: 5 }]);
    await server.say(roomInfo(7));
    expect(gaps).toHaveLength(2);
    await server.say(message(8), roomInfo(9));
    expect(gaps).toHaveLength(2);
    room.on("new_message", ({ seq }) => gaps.push(seq));
    await server.quiet();
    expect(gaps.slice(2)).toEqual([8, { from: 9, to: 9 }]);
  });

  test("says that it was left, where the listener comes late", async () => {
    const { server, room } = await enter();
    const removed = { type: "removed", room: "general", payload: { reason: "kicked" } };
    await server.say(message(1), removed);
    const heard = record(room);
    room.on("left", ({ code }) => heard.push(code));
    await server.quiet();
    expect(heard).toEqual([1, "FORBIDDEN"]);
  });

  test("holds over a reconnect, and what is replayed comes behind", async () => {
    const { server, room } = await enter();
    await server.say(message(1));
    await server.breakLine();
    expect(server.sent[0]?.payload).toMatchObject({ since: { epoch: "one", seq: 1 } });
    await server.answer(roomInfo(1, "one", { recovered: true }));
    await server.say(message(2));
    const heard = record(room);
    await server.quiet();
    expect(heard).toEqual([1, 2]);
  });

  test("forgets what it holds when it is left", async () => {
    const { server, room } = await enter();
    await server.say(message(1));
    room.leave();
    const heard = record(room);
    await server.quiet();
    expect(heard).toEqual([]);
  });

  test("can be left by a listener of what was held", async () => {
    const { server, room } = await enter();
    await server.say(...messages(1, 3));
    const heard = record(room);
    room.on("new_message", ({ seq }) => seq === 2 && room.leave());
    await server.quiet();
    expect(heard).toEqual([1, 2]);
  });

  test("answers the server when the listener comes", async () => {
    const { server, room } = await enter();
    const ask = (id: string) => ({ ...note("?"), id });
    await server.say(ask("#1"), ask("#2"));
    const answers = () => server.sent.filter(({ type }) => type === "ack");
    expect(answers()).toEqual([]);
    room.on("note", () => "yes");
    await server.quiet();
    expect(answers()).toMatchObject([
      { id: "#1", payload: "yes" },
      { id: "#2", payload: "yes" },
    ]);
  });

  test("answers nothing that was asked on a connection that is gone", async () => {
    const { server, room } = await enter();
    await server.say({ ...note("?"), id: "#1" });
    await server.breakLine();
    await server.answer(roomInfo(0));
    room.on("note", () => "yes");
    await server.quiet();
    expect(server.sent.map(({ type }) => type)).toEqual(["join_room"]);
  });

  test("holds by itself, whatever other handles of the room hear", async () => {
    const { server, connection, room, errors } = await enter();
    const heard = record(room);
    const other = await connection.join("general");
    await server.say(message(1), note("a"));
    const late = await connection.join("general");
    const otherHeard = record(other);
    const lateHeard = record(late);
    await server.say(message(2));
    expect([heard, otherHeard, lateHeard]).toEqual([[1, 2], [1, 2], [2]]);
    // Once, although two handles heard nothing of it.
    expect(errors).toEqual(["UNKNOWN_TYPE"]);
  });

  test("is answered once by several handles, with the first value", async () => {
    const { server, connection, room } = await enter();
    const other = await connection.join("general");
    const late = await connection.join("general");
    room.on("note", () => {});
    other.on("note", () => "other");
    await server.quiet();
    await server.say({ ...note("?"), id: "#1" });
    late.on("note", () => "late");
    await server.quiet();
    expect(server.sent.filter(({ type }) => type === "ack")).toMatchObject([{ payload: "other" }]);
  });

  test("leaves a message to the connection's listener, if there is one", async () => {
    const { server, connection, room } = await enter();
    const heard: unknown[] = [];
    connection.on("new_message", ({ seq }) => heard.push(seq));
    await server.say(message(1));
    room.on("new_message", ({ seq }) => heard.push(`room ${seq}`));
    await server.say(message(2));
    expect(heard).toEqual([1, "room 2"]);
  });
});

describe("a room's position", () => {
  test("is what the listeners have heard, not what is held for them", async () => {
    const { server, room } = await enter(4);
    expect(room.position).toEqual({ epoch: "one", seq: 4 });
    await server.say(message(5), message(6));
    expect(room.position).toEqual({ epoch: "one", seq: 4 });
    const heard: unknown[] = [];
    room.on("new_message", () => heard.push(room.position?.seq));
    expect(room.position).toEqual({ epoch: "one", seq: 4 });
    await server.say(message(7));
    expect(heard).toEqual([5, 6, 7]);
    expect(room.position).toEqual({ epoch: "one", seq: 7 });
  });

  test("stays before what was too much, and before a gap that is held", async () => {
    const { server, room } = await enter(4);
    await server.say(...messages(5, 300));
    expect(room.position).toEqual({ epoch: "one", seq: 4 });
    const other = await enter(4);
    await other.server.say(roomInfo(2, "two"), message(3));
    expect(other.room.position).toEqual({ epoch: "one", seq: 4 });
    record(other.room);
    await other.server.quiet();
    expect(other.room.position).toEqual({ epoch: "two", seq: 3 });
  });

  test("is undefined before the room is entered, and the same object until it changes", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    expect(connection.room("general").position).toBeUndefined();
    const room = await server.letIn(connection, 4);
    record(room);
    await server.quiet();
    const { position } = room;
    expect(room.position).toBe(position);
    await server.say(message(5));
    expect(room.position).not.toBe(position);
  });
});

describe("a room that is not joined yet", () => {
  /** A handle, and what its listeners hear. */
  function prepare() {
    const server = new ScriptedServer();
    const connection = server.connect();
    const room = connection.room("general");
    return { server, connection, room, heard: record(room) };
  }

  const joins = (server: ScriptedServer) =>
    server.sent.filter(({ type }) => type === "join_room").length;

  async function enterBy(server: ScriptedServer, joining: Promise<ConnectionRoom>, seq = 0) {
    await server.quiet();
    await server.answer(roomInfo(seq));
    return joining;
  }

  test("can be listened to before it is joined", async () => {
    const { server, room, heard } = prepare();
    expect([room.id, room.isJoined, room.members, room.count]).toEqual([
      "general",
      false,
      [],
      undefined,
    ]);
    const joining = room.join();
    await server.quiet();
    server.hand({ ...roomInfo(0), id: server.sent.at(-1)?.id }, message(1));
    expect(heard).toEqual([1]);
    expect(await joining).toBe(room);
    expect(room.isJoined).toBe(true);
  });

  test("sends nothing before", async () => {
    const { room } = prepare();
    expect(await codeOf(room.send("x"))).toBe("LEFT");
    room.leave();
  });

  test("is joined once, however often it is asked to", async () => {
    const { server, room } = prepare();
    const joining = [room.join(), room.join()];
    await server.quiet();
    await server.answer(roomInfo(0));
    expect(await Promise.all([...joining, room.join()])).toEqual([room, room, room]);
    expect(joins(server)).toBe(1);
    room.leave();
    expect(room.isJoined).toBe(false);
  });

  test("can be joined again after it was left, with the same listeners", async () => {
    const { server, room, heard } = prepare();
    await enterBy(server, room.join());
    await server.say(message(1));
    room.leave();
    await enterBy(server, room.join(), 7);
    await server.say(message(8));
    expect(heard).toEqual([1, 8]);
    expect(room.isJoined).toBe(true);
  });

  test("can be joined again after the server took it away", async () => {
    const { server, room, heard } = prepare();
    await enterBy(server, room.join());
    await server.say({ type: "removed", room: "general", payload: { reason: "left" } });
    expect(room.isJoined).toBe(false);
    await enterBy(server, room.join(), 7);
    await server.say(message(8));
    expect(heard).toEqual([8]);
  });

  test("rejects its join when it is left meanwhile", async () => {
    const { server, room } = prepare();
    const joining = codeOf(room.join());
    await server.quiet();
    room.leave();
    expect(await joining).toBe("LEFT");
  });

  test("stays joined as long as one call of join was not taken back", async () => {
    const { server, room } = prepare();
    const [one, two] = [new AbortController(), new AbortController()];
    const joining = [one, two].map(({ signal }) => codeOf(room.join({ signal })));
    one.abort();
    await enterBy(server, room.join());
    two.abort();
    expect(await Promise.all(joining)).toEqual(["ABORTED", "resolved"]);
    expect(room.isJoined).toBe(true);

    const other = prepare();
    const controller = new AbortController();
    const aborted = codeOf(other.room.join({ signal: controller.signal }));
    controller.abort();
    expect(await aborted).toBe("ABORTED");
    await other.server.quiet();
    expect(joins(other.server)).toBe(0);
  });

  test.each([[""], ["x".repeat(129)], [7], [undefined], [null]])(
    "is refused the name %j",
    async (name) => {
      const { connection } = prepare();
      const error = { code: "INVALID_PAYLOAD", message: expect.stringContaining("1 to 128") };
      expect(() => connection.room(name as string)).toThrow(expect.objectContaining(error));
      expect(await codeOf(connection.join(name as string))).toBe("INVALID_PAYLOAD");
    },
  );
});
