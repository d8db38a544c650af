import fc from "fast-check";
import type { Envelope } from "roomcast";
import { describe, expect, test } from "vitest";
import { codeOf } from "./page-world.js";
import { message, record, roomInfo, ScriptedServer } from "./scripted.js";

/** A room that was entered at position 4, and what is heard in it. */
async function enter() {
  const server = new ScriptedServer();
  const connection = server.connect();
  const room = await server.letIn(connection, 4);
  return { server, connection, room, heard: record(room) };
}

const ack = (seq: number, id = "0") => ({ type: "ack", room: "general", seq, id });
const skipped = (seq: number) => ({ type: "skipped", room: "general", seq });
const gap = (from: number, to: number) => ({ type: "gap", room: "general", payload: { from, to } });

describe("in a room", () => {
  test("each message is handed on once, however often it comes", async () => {
    const { server, heard } = await enter();
    await server.say(message(5), message(5), message(6), message(4), message(5));
    expect(heard).toEqual([5, 6]);
  });

  test("a message that is missing is a gap, told before the next one", async () => {
    const { server, heard } = await enter();
    await server.say(message(5), message(7), message(10));
    expect(heard).toEqual([5, { from: 6, to: 6 }, 7, { from: 8, to: 9 }, 10]);
  });

  test("the application's own types count as well, and what has no position does not", async () => {
    const { server, room, heard } = await enter();
    room.on("drawn", ({ seq }) => heard.push(`drawn ${seq}`));
    room.on("user_typing", () => heard.push("typing"));
    const typing = { type: "user_typing", room: "general", payload: {} };
    await server.say({ ...message(5), type: "drawn" }, typing, message(6), typing);
    expect(heard).toEqual(["drawn 5", "typing", 6, "typing"]);
  });

  test("one's own messages are no gap, nor are those that one was left out of", async () => {
    const { server, room, heard } = await enter();
    const sending = room.send("mine");
    await server.answer(ack(5));
    expect(await sending).toMatchObject({ seq: 5 });
    await server.say(message(6), skipped(7), skipped(8), message(9));
    expect(heard).toEqual([6, 9]);
  });

  test("an ack may overtake messages of others that come later", async () => {
    const { server, room, heard } = await enter();
    const sending = room.send("mine");
    await server.answer(ack(7));
    await server.say(message(5), message(6), message(8));
    expect(await sending).toMatchObject({ seq: 7 });
    expect(heard).toEqual([5, 6, 8]);
  });

  test("one's own message is not handed on, even if it comes", async () => {
    const { server, heard } = await enter();
    await server.say(ack(6), message(6));
    expect(heard).toEqual([]);
    await server.say(message(7));
    expect(heard).toEqual([{ from: 5, to: 5 }, 7]);
  });

  test("one's own message divides a gap, and is not part of it", async () => {
    const { server, heard } = await enter();
    await server.say(ack(6), ack(9), ack(10), message(11), message(12));
    expect(heard).toEqual([{ from: 5, to: 5 }, { from: 7, to: 8 }, 11, 12]);
  });

  test("the ack of a message that was given up counts all the same", async () => {
    const { server, room, heard } = await enter();
    const controller = new AbortController();
    const aborted = codeOf(room.send("x", { signal: controller.signal }));
    const late = codeOf(room.send("y", { timeout: 10 }));
    controller.abort();
    await server.pass(10);
    expect([await aborted, await late]).toEqual(["ABORTED", "TIMEOUT"]);
    const [first, second] = server.sent.slice(-2).map(({ id }) => id);
    await server.say(ack(5, first), ack(6, second), message(7));
    expect(heard).toEqual([7]);
  });

  test("the late answer to another request is no message", async () => {
    const { server, room, heard } = await enter();
    const late = codeOf(room.request("online_users", {}, { timeout: 10 }));
    await server.pass(10);
    expect(await late).toBe("TIMEOUT");
    await server.answer({ type: "online_users", room: "general", epoch: "one", seq: 6 });
    await server.say(message(5), message(6));
    expect(heard).toEqual([5, 6]);
  });

  test("what the server gives up is a gap, of which it says nothing twice", async () => {
    const { server, heard } = await enter();
    await server.say(gap(5, 9));
    expect(heard).toEqual([{ from: 5, to: 9 }]);
    await server.say(gap(5, 9), gap(5, 7), message(10));
    expect(heard).toEqual([{ from: 5, to: 9 }, 10]);
  });

  test("what the server gives up of one's own messages is no gap", async () => {
    const { server, heard } = await enter();
    await server.say(ack(5), gap(5, 5), ack(7), gap(6, 7), message(8));
    expect(heard).toEqual([{ from: 6, to: 6 }, 8]);
  });

  test("having caught up is no gap, as long as nothing is missing", async () => {
    const { server, room, heard } = await enter();
    let count = 0;
    room.on("room_info", () => ++count);
    await server.say(message(5), roomInfo(5), message(6), roomInfo(8), message(9));
    expect(heard).toEqual([5, 6, { from: 7, to: 8 }, 9]);
    expect(count).toBe(2);
  });

  test("a server that counts from the start again is a gap of unknown length", async () => {
    const { server, heard } = await enter();
    await server.say(ack(6), roomInfo(4, "two"), message(5), message(6));
    expect(heard).toEqual([{ from: 5, to: undefined }, 5, 6]);
  });

  test("a stamp has the epoch of its position, also if another one begins right after", async () => {
    const { server, room } = await enter();
    const sending = room.send("mine");
    await server.quiet();
    const { id } = server.sent.at(-1) as Envelope;
    // Both arrive together, before a promise runs.
    server.hand({ ...ack(5, id), timestamp: "2000-01-01T00:00:00.000Z" }, roomInfo(0, "two"));
    const stamp = { epoch: "one", seq: 5, timestamp: "2000-01-01T00:00:00.000Z" };
    expect(await sending).toEqual(stamp);
  });

  test("a stamp of a message without a position has no epoch", async () => {
    const { server, room } = await enter();
    const sending = room.send("mine");
    await server.answer({ type: "ack", room: "general" });
    expect(await sending).toMatchObject({ epoch: undefined, seq: 0 });
  });

  test("a position that goes back brings nothing twice", async () => {
    const { server, heard } = await enter();
    await server.say(message(5), roomInfo(3), message(4), message(5), message(6));
    expect(heard).toEqual([5, 6]);
  });

  test("every handle is told", async () => {
    const { server, connection, heard } = await enter();
    const other = record(await connection.join("general"));
    await server.say(message(6));
    expect(heard).toEqual([{ from: 5, to: 5 }, 6]);
    expect(other).toEqual(heard);
  });

  test("nothing is lost or doubled, in whichever order acks overtake", async () => {
    const step = fc.constantFrom("message", "mine", "skipped", "lost");
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        fc.infiniteStream(fc.nat(3)),
        async (kinds, leads) => {
          const { server, heard } = await enter();
          const expected: number[] = [];
          const due: { readonly at: number; readonly seq: number; readonly kind: string }[] = [];
          for (const [index, kind] of kinds.entries()) {
            const seq = 5 + index;
            if (kind === "message" || kind === "lost") expected.push(seq);
            if (kind === "lost") continue;
            const lead = kind === "mine" ? (leads.next().value ?? 0) : 0;
            due.push({ at: seq - lead - (kind === "mine" ? 0.5 : 0), seq, kind });
          }
          const last = 5 + kinds.length;
          const says = { message, mine: ack, skipped } as const;
          for (const { seq, kind } of due.sort((one, other) => one.at - other.at)) {
            await server.say(says[kind as keyof typeof says](seq));
          }
          await server.say(message(last));
          expect(flatten(heard)).toEqual([...expected, last]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** The positions of what was heard, those in gaps among them. */
function flatten(heard: unknown[]): number[] {
  return heard.flatMap((entry) => {
    if (typeof entry === "number") return entry;
    const { from, to } = entry as { from: number; to: number };
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

describe("coming back", () => {
  test("to a room it asks for what it has missed, and says nothing of it", async () => {
    const { server, room, heard } = await enter();
    await server.say(message(5));
    await server.breakLine();
    expect(room.isJoined).toBe(false);
    expect(server.sent).toMatchObject([
      { type: "join_room", payload: { room_id: "general", since: { epoch: "one", seq: 5 } } },
    ]);
    await server.answer(roomInfo(5, "one", { recovered: true }));
    expect(room.isJoined).toBe(true);
    await server.say(message(6), message(7));
    expect(heard).toEqual([5, 6, 7]);
  });

  test("it asks from where nothing is missing yet, and hears the rest once", async () => {
    const { server, heard } = await enter();
    await server.say(ack(7), message(5));
    await server.breakLine();
    expect(server.sent).toMatchObject([{ payload: { since: { epoch: "one", seq: 5 } } }]);
    await server.answer(roomInfo(5, "one", { recovered: true }));
    await server.say(message(6), message(7), message(8));
    expect(heard).toEqual([5, 6, 8]);
  });

  test("to a room that has forgotten it is told of the gap, before anything else", async () => {
    const { server, room, heard } = await enter();
    room.on("room_info", () => heard.push("room_info"));
    await server.breakLine();
    await server.answer(roomInfo(9, "one", { recovered: false }));
    await server.say(message(10));
    expect(heard).toEqual([{ from: 5, to: 9 }, "room_info", 10]);
  });

  test("to a server that was restarted it is told that anything may be missing", async () => {
    const { server, heard } = await enter();
    await server.breakLine();
    await server.answer(roomInfo(0, "two", { recovered: false }));
    await server.say(message(1));
    await server.breakLine();
    expect(server.sent).toMatchObject([{ payload: { since: { epoch: "two", seq: 1 } } }]);
    expect(heard).toEqual([{ from: 5, to: undefined }, 1]);
  });

  test("it asks from the same place again, when the line breaks before the answer", async () => {
    const { server, heard } = await enter();
    await server.say(message(5));
    await server.breakLine();
    await server.pass(400);
    server.line.end(1006);
    await server.pass(1_000);
    expect(server.sent).toMatchObject([{ payload: { since: { epoch: "one", seq: 5 } } }]);
    await server.answer(roomInfo(5));
    await server.say(message(6));
    expect(heard).toEqual([5, 6]);
  });

  test("in a gap the application can ask at once for what is missing", async () => {
    const { server, room } = await enter();
    room.on("gap", ({ from, to }) => codeOf(room.request("history", { from, to })));
    await server.breakLine();
    await server.answer(roomInfo(9));
    expect(server.sent.at(-1)).toMatchObject({ type: "history", payload: { from: 5, to: 9 } });
  });

  test("it hears nothing of a room before it is in again", async () => {
    const { server, heard } = await enter();
    await server.breakLine();
    await server.say(message(7));
    expect(heard).toEqual([]);
  });

  test.each([1006, 1012, 4000])("after the close code %i it recovers", async (code) => {
    const { server, heard } = await enter();
    server.line.end(code);
    await server.pass(500);
    await server.answer(roomInfo(4));
    await server.say(message(5));
    expect(heard).toEqual([5]);
  });

  test("it asks for nothing where the server said no epoch, and knows of no gap", async () => {
    const server = new ScriptedServer();
    const joining = server.connect().join("general");
    await server.quiet();
    await server.answer({ ...roomInfo(4), epoch: undefined });
    const heard = record(await joining);
    await server.breakLine();
    expect(server.sent[0]?.payload).toEqual({ room_id: "general" });
    await server.answer({ ...roomInfo(0), epoch: undefined });
    await server.say(message(1));
    expect(heard).toEqual([1]);
  });
});

describe("a first join", () => {
  test("asks for nothing that was said before, and has no gap", async () => {
    const server = new ScriptedServer();
    const joining = server.connect().join("general");
    await server.quiet();
    expect(server.sent[0]?.payload).toEqual({ room_id: "general" });
    await server.answer(roomInfo(7));
    const heard = record(await joining);
    await server.say(message(8));
    expect(heard).toEqual([8]);
  });

  test("is one that follows on leaving the room, too", async () => {
    const { server, connection, room } = await enter();
    room.leave();
    const joining = connection.join("general");
    await server.quiet();
    // Sent before the server has heard of the leaving.
    await server.say(message(5), message(6));
    expect(server.sent.at(-1)?.payload).toEqual({ room_id: "general" });
    await server.answer(roomInfo(9));
    const heard = record(await joining);
    await server.say(message(10));
    expect(heard).toEqual([10]);
  });

  test("that was taken back can be asked anew at once", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    await server.quiet();
    const controller = new AbortController();
    const first = codeOf(connection.join("general", { signal: controller.signal }));
    controller.abort();
    const second = connection.join("general");
    await server.quiet();
    const [join] = server.sent;
    await server.say({ ...roomInfo(3), id: join?.id });
    await server.answer(roomInfo(4));
    expect(await first).toBe("ABORTED");
    expect((await second).isJoined).toBe(true);
  });

  test("that was asked on a line that is gone is asked on the next one, once", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    connection.on("status", ({ state }) => {
      if (state === "open") void connection.join("other").catch(() => {});
    });
    const joining = connection.join("general");
    await server.quiet();
    await server.breakLine();
    const rooms = server.sent.map(({ type, room }) => `${type} ${room}`);
    expect(rooms).toEqual(["join_room general", "join_room other"]);
    await server.say({ ...roomInfo(3), id: server.sent[0]?.id });
    expect((await joining).isJoined).toBe(true);
  });
});
