import type { ConnectOptions } from "roomcast/browser";
import { describe, expect, test, vi } from "vitest";
import { message, ScriptedServer } from "./scripted.js";

const question = { type: "vote", room: "general", payload: "lunch?", id: "#1" };

async function enter(options: ConnectOptions = {}) {
  const server = new ScriptedServer();
  const connection = server.connect(options);
  const room = await server.letIn(connection, 0);
  const errors: string[] = [];
  connection.on("error", ({ code }) => errors.push(code));
  const answers = () => server.sent.filter(({ type }) => type === "ack");
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
    const { server, room, errors, answers } = await enter();
    room.on("new_message", () => {});
    await server.say(question, { ...question, room: undefined });
    expect(answers()).toEqual([]);
    expect(errors).toEqual(["UNKNOWN_TYPE", "UNKNOWN_TYPE"]);
  });

  test.each([
    ["throws", () => fail()],
    ["rejects", async () => fail()],
  ])("is not answered where a listener %s, and the others hear it", async (_, listener) => {
    const { server, connection, room, answers } = await enter();
    const heard: unknown[] = [];
    room.on("vote", listener);
    room.on("vote", ({ payload }) => heard.push(payload));
    const failures: unknown[] = [];
    connection.on("error", (error) => failures.push(error));
    await server.say(question);
    expect(failures).toMatchObject([
      { code: "LISTENER_FAILED", message: 'A listener of "vote" failed.', cause: NOT_NOW },
    ]);
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
    expect(server.sent.map(({ type }) => type)).toEqual(["join_room"]);
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
    await server.say({ ...question, id: `#${server.sent.at(-1)?.id}` });
    expect(isSettled).toBe(false);
    expect(answers()).toHaveLength(1);
  });
});

describe("a listener that fails", () => {
  test.each([
    ["throws", () => fail()],
    ["rejects", async () => fail()],
  ])(
    "as it %s, is reported with its cause, and keeps no other from hearing",
    async (_, listener) => {
      const { server, connection, room } = await enter();
      const failures: unknown[] = [];
      connection.on("error", (error) => failures.push(error));
      const heard: unknown[] = [];
      room.on("new_message", listener);
      room.on("new_message", ({ seq }) => heard.push(seq));
      connection.on("notice", listener);
      connection.on("status", listener);
      await server.say(message(1), message(2), { type: "notice" });
      server.line.end(1006);
      await server.quiet();
      expect(heard).toEqual([1, 2]);
      const failure = (name: string) => ({
        code: "LISTENER_FAILED",
        message: `A listener of "${name}" failed.`,
        cause: NOT_NOW,
      });
      expect(failures).toMatchObject(
        ["new_message", "new_message", "notice", "status"].map((name) => failure(name)),
      );
    },
  );

  test.each([
    ["nobody listens for errors", undefined],
    ["a listener of errors fails, too", () => fail()],
  ])("reaches the console where %s", async (_, onError) => {
    const server = new ScriptedServer();
    const connection = server.connect();
    const room = await server.letIn(connection, 0);
    const log = vi.spyOn(console, "error").mockReturnValue();
    room.on("new_message", () => fail());
    if (onError !== undefined) connection.on("error", onError);
    await server.say(message(1));
    const name = onError === undefined ? "new_message" : "error";
    expect(log.mock.calls).toMatchObject([[{ message: `A listener of "${name}" failed.` }]]);
    log.mockRestore();
  });
});

const NOT_NOW = new Error("Not now.");

function fail(): never {
  throw NOT_NOW;
}
