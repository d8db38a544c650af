import type { ConnectionRoom } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import { message, roomInfo, ScriptedServer } from "./scripted.js";

const ada = { id: "1", name: "Ada" };
const ben = { id: "2", name: "Ben" };

/** A room that shows itself in a certain way, and whatever its `members` event told. */
async function enter(shown: object) {
  const server = new ScriptedServer();
  const joining = server.connect().join("general");
  await server.quiet();
  await server.answer(roomInfo(0, "one", shown));
  const room = await joining;
  const told: unknown[] = [];
  room.on("members", (members) => told.push(members));
  const tell = (type: string, payload: object) => server.say({ type, room: "general", payload });
  return { server, room, told, tell };
}

const shownIn = (room: ConnectionRoom) => ({ members: room.members, count: room.count });

describe("a room that shows its members", () => {
  test("keeps them current, and their number", async () => {
    const { room, told, tell } = await enter({ users: [ada], count: 1 });
    expect(shownIn(room)).toEqual({ members: [ada], count: 1 });
    await tell("user_joined", { ...ben, state: "busy" });
    expect(shownIn(room)).toEqual({ members: [ada, { ...ben, state: "busy" }], count: 2 });
    await tell("user_left", { ...ada, reason: "timeout" });
    expect(shownIn(room)).toEqual({ members: [{ ...ben, state: "busy" }], count: 1 });
    expect(told).toHaveLength(2);
  });

  test("shows who lost the connection, with what was known, until they are back", async () => {
    const away = { ...ben, state: { mood: "fine" } };
    const { room, told, tell } = await enter({ users: [away, ada] });
    await tell("user_reconnecting", ben);
    expect(room.members).toEqual([{ ...away, reconnecting: true }, ada]);
    await tell("user_returned", { ...ben, state: "back" });
    expect(room.members).toEqual([{ ...ben, state: "back" }, ada]);
    expect(room.count).toBe(2);
    expect(told).toHaveLength(2);
  });

  test("shows the state that somebody has set, and took back", async () => {
    const { room, tell } = await enter({ users: [ada, { ...ben, reconnecting: true }] });
    expect(room.members[1]).toEqual({ ...ben, reconnecting: true });
    await tell("user_updated", { ...ada, state: { typing: "a novel" } });
    expect(room.members[0]).toEqual({ ...ada, state: { typing: "a novel" } });
    await tell("user_updated", ada);
    expect(room.members[0]).toEqual(ada);
  });

  test("hands the messages on as well", async () => {
    const { room, tell } = await enter({ users: [ada, ben] });
    const reasons: unknown[] = [];
    room.on("user_left", ({ payload }) => reasons.push(payload));
    await tell("user_left", { ...ben, reason: "kicked" });
    expect(reasons).toEqual([{ ...ben, reason: "kicked" }]);
  });

  test("lists anew who is there when the server says so, asked or not", async () => {
    const { server, room, told } = await enter({ users: [ada, ben] });
    await server.say(roomInfo(0, "one", { users: [ben] }));
    expect(room.members).toEqual([ben]);
    await server.breakLine();
    expect(room.members).toEqual([ben]);
    await server.answer(roomInfo(0, "one", { users: [ada] }));
    expect(told).toEqual([[ben], [ada]]);
  });
});

test("a room that shows counts only has nobody listed, and a number that is kept current", async () => {
  const { room, told, tell } = await enter({ count: 12_000 });
  expect(shownIn(room)).toEqual({ members: [], count: 12_000 });
  await tell("user_count", { count: 12_001 });
  expect(shownIn(room)).toEqual({ members: [], count: 12_001 });
  expect(told).toEqual([[]]);
});

test("a room that shows nothing has no number", async () => {
  const { room } = await enter({});
  expect(shownIn(room)).toEqual({ members: [], count: undefined });
});

test("who comes and goes in a room needs no listener", async () => {
  const server = new ScriptedServer();
  const connection = server.connect();
  await server.letIn(connection, 0);
  const errors: unknown[] = [];
  connection.on("error", (error) => errors.push(error));
  for (const type of ["user_joined", "user_reconnecting", "user_returned", "user_updated"]) {
    await server.say({ type, room: "general", payload: ben });
  }
  await server.say(
    { type: "user_left", room: "general", payload: { ...ben, reason: "left" } },
    { type: "user_count", room: "general", payload: { count: 1 } },
    { type: "user_typing", room: "general", payload: {} },
    message(1),
    roomInfo(1),
  );
  expect(errors).toEqual([]);
});

test("who comes and goes in a room that one has left is no error", async () => {
  const server = new ScriptedServer();
  const connection = server.connect();
  const room = await server.letIn(connection, 0);
  const errors: unknown[] = [];
  connection.on("error", (error) => errors.push(error));
  room.leave();
  await server.say(
    { type: "user_joined", room: "general", payload: ben },
    { type: "drawn", room: "general", payload: {}, seq: 1 },
    { type: "skipped", room: "general", seq: 2 },
    { type: "gap", room: "general", payload: { from: 3, to: 4 } },
  );
  expect(errors).toEqual([]);
});
