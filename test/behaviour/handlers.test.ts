import { type Hub, RoomcastError } from "roomcast";
import { describe, expect, test } from "vitest";
import { errorCode, join, say, World } from "../support/world.js";

function setup(handler: Parameters<Hub["handle"]>[1], options = {}) {
  const world = new World(options);
  world.hub.handle("draw", handler);
  const [a, b] = [world.enter("Alice", "general"), world.enter("Bob", "general")];
  a.take();
  return { world, a, b };
}
const draw = { type: "draw", room: "general", payload: { x: 1 }, id: "d1" };

describe("a handler", () => {
  test("gets the client and the message", () => {
    const seen: unknown[] = [];
    const { world, a } = setup((client, message) => {
      seen.push([client.user.name, message.type, message.room.id, message.payload, message.id]);
    });
    world.ask(a, draw);
    expect(seen).toEqual([["Alice", "draw", "general", { x: 1 }, "d1"]]);
  });

  test("is acknowledged when it returns, if the message has an id", () => {
    const { world, a } = setup(() => {});
    expect(world.ask(a, draw)).toEqual([{ type: "ack", id: "d1" }]);
    expect(world.ask(a, { type: "draw" })).toEqual([]);
  });

  test("answers with what it returns", () => {
    const { world, a } = setup(() => ({ strokes: 3 }));
    expect(world.ask(a, draw)).toEqual([{ type: "ack", payload: { strokes: 3 }, id: "d1" }]);
  });

  test("answers with what its promise resolves to, after everything sent before", async () => {
    const { world, a } = setup(async (_, message) => {
      message.room.broadcast("drawn", message.payload);
      return "done";
    });
    a.send(draw);
    await settled();
    world.clock.flush();
    expect(a.take()).toMatchObject([
      { type: "drawn", seq: 1 },
      { type: "ack", payload: "done", id: "d1" },
    ]);
  });

  test("may broadcast in the sender's name", () => {
    const { world, a, b } = setup((client, message) => {
      message.room.broadcast("drawn", message.payload, { except: client, from: client });
    });
    world.ask(a, draw);
    expect(b.take()).toMatchObject([
      { type: "drawn", payload: { x: 1 }, sender: { id: "alice", name: "Alice" }, seq: 1 },
    ]);
  });

  test("is told MISSING_ROOM and NOT_IN_ROOM by reading message.room, and need not check", () => {
    const { world, a } = setup((_, message) => message.room.size);
    expect(errorCode(world.ask(a, { type: "draw" }))).toBe("MISSING_ROOM");
    expect(errorCode(world.ask(a, { type: "draw", room: "elsewhere" }))).toBe("NOT_IN_ROOM");
    expect(errorCode(world.ask(a, '{"type":"draw","room":{}}'))).toBe("INVALID_PAYLOAD");
    expect(world.emitted("error")).toEqual([]);
  });

  test("refuses with the code and sentence of a RoomcastError", () => {
    const { world, a } = setup(() => {
      throw new RoomcastError("FORBIDDEN", "Only editors draw.");
    });
    expect(world.ask(a, draw)).toEqual([
      {
        type: "error",
        payload: { code: "FORBIDDEN", message: "Only editors draw." },
        id: "d1",
      },
    ]);
    expect(world.emitted("error")).toEqual([]);
  });

  test("replaces a built-in one of the same type", () => {
    const world = new World();
    world.hub.handle("join_room", () => {
      throw new RoomcastError("FORBIDDEN", "By invitation only.");
    });
    expect(errorCode(world.ask(world.connect("Alice"), join("general")))).toBe("FORBIDDEN");
    expect(world.hub.rooms.size).toBe(0);
  });
});

describe("a handler that fails", () => {
  const failure = new Error("the database password is hunter2");

  test.each([
    [
      "throws",
      () => {
        throw failure;
      },
    ],
    ["rejects", () => Promise.reject(failure)],
    [
      "throws an error that stays on the server",
      () => {
        throw new RoomcastError("HUB_CLOSED", failure.message);
      },
    ],
  ])("because it %s: INTERNAL to that client, an error event, nothing else", async (_, handler) => {
    const { world, a, b } = setup(handler);
    a.send(draw);
    await settled();
    world.clock.flush();
    const answers = a.take();
    expect(errorCode(answers)).toBe("INTERNAL");
    expect(answers[0]?.id).toBe("d1");
    expect(JSON.stringify(answers)).not.toContain("hunter2");
    expect(world.emitted("error")).toMatchObject([
      { error: { code: "HANDLER_FAILED" }, client: { user: { id: "alice" } } },
    ]);
    expect(world.emitted("error")).toMatchObject([
      { error: { cause: { message: failure.message } } },
    ]);
    expect(world.ask(a, say("general", 1))).toMatchObject([{ type: "ack" }]);
    expect(b.take()).toMatchObject([{ type: "new_message" }]);
  });

  test("because it never ends: INTERNAL after the timeout, and no one waits for it", async () => {
    const { world, a } = setup(() => new Promise(() => {}), { handlerTimeout: 1_000 });
    a.send(draw);
    expect(world.ask(a, say("general", 1))).toMatchObject([{ type: "ack", seq: 1 }]);
    world.clock.advance(999);
    expect(a.take()).toEqual([]);
    world.clock.advance(1);
    await settled();
    world.clock.flush();
    expect(errorCode(a.take())).toBe("INTERNAL");
    expect(world.emitted("error")).toMatchObject([{ error: { code: "HANDLER_TIMEOUT" } }]);
  });

  test("too late with its answer has been answered already", async () => {
    let resolve: (value: unknown) => void = () => {};
    const { world, a } = setup(
      () =>
        new Promise((yes) => {
          resolve = yes;
        }),
      { handlerTimeout: 1_000 },
    );
    a.send(draw);
    world.clock.advance(1_000);
    resolve("done");
    await settled();
    world.clock.flush();
    expect(errorCode(a.take())).toBe("INTERNAL");
  });

  test("too late is answered once only, and its rejection still told", async () => {
    let reject: (error: unknown) => void = () => {};
    const { world, a } = setup(
      () =>
        new Promise((_, no) => {
          reject = no;
        }),
      { handlerTimeout: 1_000 },
    );
    a.send(draw);
    world.clock.advance(1_000);
    reject(failure);
    await settled();
    world.clock.flush();
    expect(errorCode(a.take())).toBe("INTERNAL");
    expect(world.emitted("error").map(({ error }) => error.code)).toEqual([
      "HANDLER_TIMEOUT",
      "HANDLER_FAILED",
    ]);
  });

  test("because its answer is no JSON: INTERNAL", async () => {
    for (const handler of [() => 1n, async () => 1n]) {
      const { world, a } = setup(handler);
      a.send(draw);
      await settled();
      world.clock.flush();
      expect(errorCode(a.take())).toBe("INTERNAL");
      expect(world.emitted("error")).toMatchObject([{ error: { code: "HANDLER_FAILED" } }]);
    }
  });

  test("after the client is gone is reported, and answered to nobody", async () => {
    let reject: (error: unknown) => void = () => {};
    const { world, a } = setup(
      () =>
        new Promise((_, no) => {
          reject = no;
        }),
    );
    a.send(draw);
    a.cut();
    reject(failure);
    await settled();
    world.clock.flush();
    expect(world.emitted("error")).toMatchObject([{ error: { code: "HANDLER_FAILED" } }]);
  });

  test("leaves no timer behind when it settles", async () => {
    const { world, a } = setup(async () => "done", { heartbeat: false });
    a.send(draw);
    expect(world.clock.pendingTimers).toBe(1);
    await settled();
    expect(world.clock.pendingTimers).toBe(0);
  });
});

test("the message event comes before the handler, for known types only", () => {
  const order: string[] = [];
  const { world, a } = setup(() => void order.push("handler"));
  world.hub.on("message", ({ client, message }) => order.push(`${client.user.id} ${message.type}`));
  world.ask(a, draw);
  world.ask(a, { type: "nope" });
  expect(order).toEqual(["alice draw", "handler"]);
});

/** Promises that are settled have had all their effects. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
