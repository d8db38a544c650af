import { describe, expect, test } from "vitest";
import { codeOf } from "./page-world.js";
import { message, record, roomInfo, ScriptedServer } from "./scripted.js";

async function enter() {
  const server = new ScriptedServer();
  const connection = server.connect();
  const room = await server.letIn(connection, 0);
  return { server, connection, room };
}

const removed = (reason: string) => ({ type: "removed", room: "general", payload: { reason } });

describe("being taken out of a room", () => {
  test.each([
    ["kicked", "FORBIDDEN"],
    ["left", "LEFT"],
  ])("because of %j leaves it with %s, by every handle", async (reason, code) => {
    const { server, connection, room } = await enter();
    const other = await connection.join("general");
    const left: string[] = [];
    for (const handle of [room, other]) handle.on("left", (error) => left.push(error.code));
    const asking = codeOf(room.request("slow"));
    await server.say(removed(reason));
    expect(left).toEqual([code, code]);
    expect(await asking).toBe(code);
    expect([room.isJoined, other.isJoined]).toEqual([false, false]);
    expect(await codeOf(other.send("x"))).toBe(code);
  });

  test("is final: the next line does not ask for it", async () => {
    const { server, connection, room } = await enter();
    await server.say(removed("kicked"), message(1));
    room.leave();
    await server.breakLine();
    expect(connection.status.state).toBe("open");
    expect(server.sent).toEqual([]);
  });

  test("does not keep one from trying again", async () => {
    const { server, connection, room } = await enter();
    const heard = record(room);
    await server.say(removed("left"));
    const again = record(await server.letIn(connection, 7));
    await server.say(message(8));
    expect([heard, again]).toEqual([[], [8]]);
  });

  test("that one has left already is ignored, also while one asks to be let in anew", async () => {
    const { server, connection, room } = await enter();
    const errors: unknown[] = [];
    connection.on("error", (error) => errors.push(error));
    room.leave();
    await server.say(removed("kicked"));
    const joining = connection.join("general");
    await server.quiet();
    await server.say(removed("kicked"));
    await server.answer(roomInfo(3));
    expect((await joining).isJoined).toBe(true);
    expect(errors).toEqual([]);
  });
});

describe("a server that goes away", () => {
  test("says when to come back, for once", async () => {
    const { server, connection } = await enter();
    await server.say({ type: "reconnect", payload: { delay: 1_234 } });
    expect(connection.status.state).toBe("open");
    server.line.end(1001);
    expect(connection.status).toEqual({
      state: "waiting",
      delay: 1_234,
      code: 1001,
      reason: "",
    });
    await server.pass(1_233);
    expect(server.lines).toHaveLength(1);
    await server.pass(1);
    expect(connection.status.state).toBe("open");
    server.line.end(1006);
    expect(connection.status).toEqual({
      state: "waiting",
      delay: 500,
      code: 1006,
      reason: "",
    });
  });

  test("may say at once", async () => {
    const { server, connection } = await enter();
    await server.say({ type: "reconnect", payload: { delay: 0 } });
    server.line.end(4_000);
    expect(connection.status).toEqual({
      state: "waiting",
      delay: 0,
      code: 4_000,
      reason: "",
    });
    await server.pass(0);
    expect(connection.status.state).toBe("open");
  });

  test("and then closes for good is not come back to", async () => {
    const { server, connection } = await enter();
    await server.say({ type: "reconnect", payload: { delay: 10 } });
    server.line.end(4_500);
    await server.pass(60_000);
    expect(connection.status.state).toBe("closed");
    expect(server.lines).toHaveLength(1);
  });

  test("is come back to at once where the application says so", async () => {
    const { server, connection } = await enter();
    await server.say({ type: "reconnect", payload: { delay: 60_000 } });
    server.line.end(1001);
    connection.retry();
    await server.quiet();
    expect(connection.status.state).toBe("open");
  });
});
