import type { ConnectionRoom, JoinOptions } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import { codeOf } from "./page-world.js";
import { message, record, roomInfo, ScriptedServer } from "./scripted.js";

const since = { epoch: "one", seq: 4 };

/** A room that is being joined, and what is heard in it. */
async function ask(options: JoinOptions) {
  const server = new ScriptedServer();
  const connection = server.connect();
  const room = connection.room("general");
  const joining = room.join(options);
  await server.quiet();
  return { server, connection, room, joining, heard: record(room) };
}

const unrecovered = (seq: number, epoch = "one") => roomInfo(seq, epoch, { recovered: false });
const payloadOf = (server: ScriptedServer) => server.sent.at(-1)?.payload;

describe("a page that goes on from a position", () => {
  test("asks for what came since, and how many of the last it wants otherwise", async () => {
    const { server } = await ask({ since, last: 50 });
    expect(payloadOf(server)).toEqual({ room_id: "general", since, last: 50 });
    const fresh = await ask({ last: 50 });
    expect(payloadOf(fresh.server)).toEqual({ room_id: "general", last: 50 });
    const none = await ask({ since: null });
    expect(payloadOf(none.server)).toEqual({ room_id: "general" });
  });

  test("hears what came since, without a gap", async () => {
    const { server, room, heard } = await ask({ since });
    await server.answer(roomInfo(4, "one", { recovered: true }));
    await server.say(message(4), message(5), message(6));
    expect(heard).toEqual([5, 6]);
    expect(room.position).toEqual({ epoch: "one", seq: 6 });
  });

  test("is told of a gap of known length, and hears the last ones", async () => {
    const { server, heard } = await ask({ since, last: 2 });
    await server.answer(unrecovered(98));
    await server.say(message(99), message(100), message(101));
    expect(heard).toEqual([{ from: 5, to: 98 }, 99, 100, 101]);
  });

  test("is told of a gap of unknown length where the room counts anew", async () => {
    const { server, heard } = await ask({ since });
    await server.answer(unrecovered(1, "two"));
    await server.say(message(2));
    expect(heard).toEqual([{ from: 5, to: undefined }, 2]);
  });

  test("hears everything where the position lies ahead of the room", async () => {
    const { server, heard } = await ask({ since: { epoch: "one", seq: 1_000 } });
    await server.answer(unrecovered(2));
    await server.say(message(3));
    expect(heard).toEqual([{ from: 1_001, to: undefined }, 3]);
  });

  test("hears the last messages without a gap where it knew none", async () => {
    const { server, heard } = await ask({ last: 2 });
    await server.answer(roomInfo(7));
    await server.say(message(8), message(9));
    expect(heard).toEqual([8, 9]);
  });

  test.each([["text"], [{ seq: 4 }], [{ epoch: "one", seq: "4" }], [{ epoch: 1, seq: 4 }]])(
    "has the server refuse what is no position: %j",
    async (bad) => {
      const { server, room, joining } = await ask({ since: bad as never });
      expect(payloadOf(server)).toMatchObject({ since: bad });
      const code = codeOf(joining);
      await server.answer({ type: "error", payload: { code: "INVALID_PAYLOAD", message: "!" } });
      expect(await code).toBe("INVALID_PAYLOAD");
      expect(room.position).toBeUndefined();
    },
  );

  test("asks for the same again where the connection is lost before the answer", async () => {
    const { server, heard } = await ask({ since, last: 2 });
    await server.breakLine();
    expect(payloadOf(server)).toEqual({ room_id: "general", since, last: 2 });
    await server.answer(unrecovered(5));
    await server.breakLine();
    expect(payloadOf(server)).toEqual({ room_id: "general", since: { epoch: "one", seq: 5 } });
    expect(heard).toEqual([{ from: 5, to: 5 }]);
  });

  test("changes nothing in a room that is joined already", async () => {
    const { server, connection, room, joining } = await ask({});
    await server.answer(roomInfo(7));
    await joining;
    const { length } = server.sent;
    await room.join({ since, last: 5 });
    const other = await connection.join("general", { since, last: 5 });
    expect(server.sent).toHaveLength(length);
    expect(other.position).toEqual({ epoch: "one", seq: 7 });
  });

  test("can go on after leave", async () => {
    const { server, room, joining, heard } = await ask({});
    await server.answer(roomInfo(7));
    await joining;
    const { position } = room;
    room.leave();
    const again: Promise<ConnectionRoom> = room.join({ since: position });
    await server.quiet();
    expect(payloadOf(server)).toMatchObject({ since: { epoch: "one", seq: 7 } });
    await server.answer(roomInfo(7, "one", { recovered: true }));
    await again;
    await server.say(message(8));
    expect(heard).toEqual([8]);
  });
});

describe("a server that was started again", () => {
  const goodbye = { type: "reconnect", payload: { delay: 100 } };

  async function restart(seq: number, ...last: Parameters<ScriptedServer["say"]>) {
    const { server, room, joining, heard } = await ask({});
    await server.answer(roomInfo(4));
    await joining;
    await server.say(...last);
    await server.breakLine();
    await server.answer(unrecovered(seq, "two"));
    await server.say(message(seq + 1));
    expect(room.position).toEqual({ epoch: "two", seq: seq + 1 });
    return heard;
  }

  const unknown = { from: 5, to: undefined };

  test("after a clean stop is no gap where nobody has written", async () => {
    expect(await restart(0, goodbye)).toEqual([1]);
  });

  test("after a clean stop is a gap where somebody has", async () => {
    expect(await restart(3, goodbye)).toEqual([unknown, 4]);
  });

  test("after a crash is a gap, because nobody can know", async () => {
    expect(await restart(0)).toEqual([unknown, 1]);
    expect(await restart(0, goodbye, { type: "pong" })).toEqual([unknown, 1]);
  });

  test("and crashed before it let us in is a gap", async () => {
    const { server, joining, heard } = await ask({});
    await server.answer(roomInfo(4));
    await joining;
    await server.say(goodbye);
    await server.breakLine();
    await server.breakLine();
    await server.answer(unrecovered(0, "two"));
    expect(heard).toEqual([unknown]);
  });

  test("is a gap where an ack had overtaken messages that did not come", async () => {
    const ack = { type: "ack", room: "general", seq: 9, id: "0" };
    expect(await restart(0, ack, goodbye)).toEqual([unknown, 1]);
  });
});

test("Vue leaves a connection and its rooms alone", async () => {
  const { connection, room } = await ask({});
  expect([connection, room]).toMatchObject([{ __v_skip: true }, { __v_skip: true }]);
});
