import { describe, expect, test } from "vitest";
import { PageWorld } from "./page-world.js";
import { message, roomInfo, ScriptedServer } from "./scripted.js";

describe("what a listener sends", () => {
  test.each(["members", "room_info"])(
    "when %s comes at a rejoin goes out behind what was queued before",
    async (event) => {
      const world = new PageWorld({ history: {} });
      const alice = await world.visit("Alice");
      const bob = await world.visit("Bob");
      const heard: unknown[] = [];
      bob.room.on("new_message", ({ payload }) => heard.push(payload));
      alice.line.end(1006);
      const sending = ["A1", "A2"].map((text) => alice.room.send(text));
      const stop = alice.room.on(event, () => {
        stop();
        sending.push(alice.room.send("B"));
      });
      await world.pass(1_000);
      await Promise.all(sending);
      expect(heard).toEqual(["A1", "A2", "B"]);
    },
  );

  test("when a gap is told at a rejoin goes out behind what was queued before", async () => {
    const server = new ScriptedServer();
    const room = await server.letIn(server.connect(), 4);
    await server.breakLine();
    void room.send("A").catch(() => {});
    room.on("gap", () => void room.send("B").catch(() => {}));
    await server.answer(roomInfo(9));
    const payloads = server.sent.filter(({ type }) => type === "send_message");
    expect(payloads.map(({ payload }) => payload)).toEqual(["A", "B"]);
  });

  test("when the connection opens goes out behind what was queued before", async () => {
    const server = new ScriptedServer();
    const connection = server.connect();
    void connection.request("A").catch(() => {});
    connection.on("status", ({ state }) => {
      if (state === "open") void connection.request("B").catch(() => {});
    });
    await server.quiet();
    expect(server.sent.map(({ type }) => type)).toEqual(["A", "B"]);
  });
});

describe("every listener hears events in the order in which they happened", () => {
  async function enter() {
    const server = new ScriptedServer();
    const connection = server.connect();
    const room = await server.letIn(connection, 4);
    return { server, connection, room };
  }

  test("where one closes the connection as its status changes", async () => {
    const { server, connection, room } = await enter();
    const heard: string[] = [];
    room.on("left", () => heard.push("left"));
    connection.on("status", ({ state }) => state === "waiting" && connection.close());
    connection.on("status", ({ state }) => heard.push(state));
    server.line.end(1006);
    expect(connection.status.state).toBe("closed");
    expect(heard).toEqual(["waiting", "closed", "left"]);
  });

  test("where one closes the connection as a message comes", async () => {
    const { server, connection, room } = await enter();
    const heard: unknown[] = [];
    room.on("new_message", () => connection.close());
    room.on("new_message", ({ seq }) => heard.push(seq));
    room.on("left", ({ code }) => heard.push(code));
    await server.say(message(5));
    expect(heard).toEqual([5, "CLOSED"]);
  });

  test("where one leaves as the members change: its handle hears nothing more", async () => {
    const { server, connection, room } = await enter();
    const other = await connection.join("general");
    const heard: string[] = [];
    room.on("members", () => room.leave());
    room.on("members", () => heard.push("one: members"));
    room.on("room_info", () => heard.push("one: room_info"));
    other.on("members", () => heard.push("two: members"));
    other.on("room_info", () => heard.push("two: room_info"));
    await server.quiet();
    heard.length = 0;
    await server.say(roomInfo(4));
    expect(heard).toEqual(["one: members", "two: members", "two: room_info"]);
  });

  test("where one joins and leaves at once, and joins again", async () => {
    const { server, connection, room } = await enter();
    const heard: unknown[] = [];
    room.on("new_message", ({ seq }) => {
      if (seq !== 5) return;
      room.leave();
      void room.join().then(() => heard.push("joined"));
    });
    room.on("new_message", ({ seq }) => heard.push(seq));
    await server.quiet();
    await server.say(message(5), message(6));
    await server.answer(roomInfo(9));
    await server.say(message(10));
    expect(heard).toEqual([5, "joined", 10]);
    expect(connection.status.state).toBe("open");
  });

  test("where one fails: the error comes after the event", async () => {
    const { server, connection, room } = await enter();
    const heard: unknown[] = [];
    connection.on("error", ({ code }) => heard.push(code));
    room.on("new_message", () => {
      throw new Error("Not now.");
    });
    room.on("new_message", ({ seq }) => heard.push(seq));
    await server.quiet();
    await server.say(message(5));
    expect(heard).toEqual([5, "LISTENER_FAILED"]);
  });
});

describe("a listener", () => {
  test("that is added twice is called twice, and removed once", async () => {
    const server = new ScriptedServer();
    const room = await server.letIn(server.connect(), 0);
    const heard: unknown[] = [];
    const listener = ({ seq }: { seq?: number | undefined }) => heard.push(seq);
    const [stop] = [room.on("new_message", listener), room.on("new_message", listener)];
    await server.quiet();
    await server.say(message(1));
    stop();
    stop();
    await server.say(message(2));
    expect(heard).toEqual([1, 1, 2]);
  });

  test("gets the same array of members until they change", async () => {
    const world = new PageWorld();
    const { room } = await world.visit("Alice");
    const { members } = room;
    expect(room.members).toBe(members);
    expect(Object.isFrozen(members)).toBe(true);
    await world.visit("Bob");
    expect(members).toHaveLength(1);
    expect(room.members).toHaveLength(2);
    expect(room.members).toBe(room.members);
  });
});
