import type { ConnectOptions, Room } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import { message, ScriptedServer } from "./scripted.js";

const question = { type: "vote", room: "general", payload: "lunch?", id: "#1" };

async function enter(options: ConnectOptions = {}) {
  const server = new ScriptedServer();
  const connection = server.connect(options);
  const room = await server.letIn(connection, 0);
  const errors: string[] = [];
  connection.on("error", ({ code }) => errors.push(code));
  const answers = () => server.line.sent.filter(({ type }) => type === "ack");
  return { server, connection, room, errors, answers };
}

describe("what the server asks", () => {
  test.each([
    ["at once", () => "yes"],
    ["later", async () => "yes"],
  ])("is answered with what a listener returns %s", async (_, listener) => {
    const { server, room, answers } = await enter();
    const heard: unknown[] = [];
    room.on("vote", ({ payload }) => {
      heard.push(payload);
    });
    room.on("vote", listener);
    room.on("vote", () => "too late");
    await server.say(question);
    expect(heard).toEqual(["lunch?"]);
    expect(answers()).toEqual([{ type: "ack", id: "#1", payload: "yes" }]);
  });

  test("is answered as soon as all listeners are done", async () => {
    const { server, room, answers } = await enter();
    let finish: (vote: string) => void = () => {};
    room.on("vote", () => new Promise((resolve) => (finish = resolve)));
    await server.say(question);
    expect(answers()).toEqual([]);
    finish("no");
    await server.quiet();
    expect(answers()).toEqual([{ type: "ack", id: "#1", payload: "no" }]);
  });

  test("is answered too where no listener returns anything, and with null", async () => {
    const { server, room, answers } = await enter();
    const stop = room.on("vote", () => {});
    await server.say(question);
    stop();
    room.on("vote", () => null);
    await server.say({ ...question, id: "#2" });
    expect(answers()).toEqual([
      { type: "ack", id: "#1" },
      { type: "ack", id: "#2", payload: null },
    ]);
  });

  test("beyond rooms is answered by who listens on the connection", async () => {
    const { server, connection, answers } = await enter();
    connection.on("version", () => 7);
    await server.say({ type: "version", id: "#v" });
    expect(answers()).toEqual([{ type: "ack", id: "#v", payload: 7 }]);
  });

  test("in a room is for the connection's listeners where the room has none", async () => {
    const { server, connection, answers } = await enter();
    connection.on("vote", ({ room }) => room);
    await server.say(question);
    expect(answers()).toMatchObject([{ id: "#1", payload: "general" }]);
  });

  test("where nobody listens is not answered, and is an error", async () => {
    const { server, errors, answers } = await enter();
    await server.say(question, { ...question, room: undefined });
    expect(answers()).toEqual([]);
    expect(errors).toEqual(["UNKNOWN_TYPE", "UNKNOWN_TYPE"]);
  });

  test.each([
    ["throws", () => fail()],
    ["rejects", async () => fail()],
  ])("is not answered where a listener %s, and the others hear it", async (_, listener) => {
    const { server, room, answers } = await enter();
    const heard: unknown[] = [];
    room.on("vote", listener);
    room.on("vote", ({ payload }) => heard.push(payload));
    const failures = await unhandled(() => server.say(question));
    expect(failures).toMatchObject([{ message: "Not now." }]);
    expect(heard).toEqual(["lunch?"]);
    expect(answers()).toEqual([]);
  });

  test("and then the line broke is not answered on the next one", async () => {
    const { server, room } = await enter();
    let finish: (vote: string) => void = () => {};
    room.on("vote", () => new Promise((resolve) => (finish = resolve)));
    await server.say(question);
    await server.breakLine();
    finish("no");
    await server.quiet();
    expect(server.line.sent.map(({ type }) => type)).toEqual(["join_room"]);
  });

  test("twice, as the same message, is answered once", async () => {
    const { server, room, answers } = await enter();
    room.on("vote", () => "yes");
    await server.say({ ...question, seq: 1 }, { ...question, seq: 1 });
    expect(answers()).toHaveLength(1);
  });

  test("is no answer to what we have asked", async () => {
    const { server, connection, room, answers } = await enter();
    let isSettled = false;
    void connection.request("slow").finally(() => {
      isSettled = true;
    });
    room.on("vote", () => "yes");
    await server.say({ ...question, id: `#${server.line.sent.at(-1)?.id}` });
    expect(isSettled).toBe(false);
    expect(answers()).toHaveLength(1);
  });
});

test("a listener that throws is told of by the runtime, and keeps nobody from hearing", async () => {
  const { server, room } = await enter();
  const heard = listenBadly(room);
  const failures = await unhandled(() => server.say(message(1), message(2)));
  expect(heard).toEqual([1, 2]);
  expect(failures).toHaveLength(2);
});

function listenBadly(room: Room): unknown[] {
  const heard: unknown[] = [];
  room.on("new_message", () => fail());
  room.on("new_message", ({ seq }) => heard.push(seq));
  return heard;
}

function fail(): never {
  throw new Error("Not now.");
}

/** Collects the rejections that nobody takes while `action` runs. */
async function unhandled(action: () => Promise<void>): Promise<unknown[]> {
  const failures: unknown[] = [];
  const others = process.rawListeners("unhandledRejection") as ((reason: unknown) => void)[];
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (reason) => failures.push(reason));
  try {
    await action();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of others) process.on("unhandledRejection", listener);
  }
  return failures;
}
