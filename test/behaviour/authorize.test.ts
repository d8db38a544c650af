import { type Client, type HubOptions, RoomcastError } from "roomcast";
import { describe, expect, test } from "vitest";
import { rejoin, settle } from "../support/late-history.js";
import { errorCode, join, leave, say, World } from "../support/world.js";

type Authorize = NonNullable<HubOptions["authorize"]>;

/** A world whose `authorize` answers when the test says so; `asked` is what it was asked. */
function undecided(options: HubOptions = {}) {
  const asked: { user: string; action: string; room: string; answer: (is: unknown) => void }[] = [];
  const authorize = ({ user }: Client, action: string, room: string) =>
    new Promise<boolean>((resolve, reject) => {
      const answer = (is: unknown) => (is instanceof Error ? reject(is) : resolve(is as boolean));
      asked.push({ user: user.id, action, room, answer });
    });
  const world = new World({ authorize, heartbeat: false, ...options });
  const decide = async (is: unknown = true) => {
    asked.shift()?.answer(is);
    await settle(world);
  };
  return { world, asked, decide };
}

const world = (authorize: Authorize) => new World({ authorize });

const types = (envelopes: { type: string }[]) => envelopes.map(({ type }) => type);

describe("authorize", () => {
  test("is asked who wants to do what where, each time", () => {
    const asked: unknown[] = [];
    const w = world(({ user }, action, room) => asked.push([user.id, action, room]) > 0);
    const a = w.enter("Alice", "general");
    w.ask(a, join("general"));
    w.ask(a, say("general", "hello"));
    w.ask(a, { type: "typing", room: "general" });
    w.ask(a, rejoin("general", { epoch: "e", seq: 0 }));
    const [j, s] = ["join", "send"].map((action) => ["alice", action, "general"]);
    expect(asked).toEqual([j, j, s, s, j]);
  });

  test("is not asked what needs no leave: to go, to stop typing, to see who is there", () => {
    const asked: unknown[] = [];
    const w = world((_, action) => asked.push(action) > 0);
    const a = w.enter("Alice", "general");
    w.ask(a, { type: "stop_typing", room: "general" });
    w.ask(a, { type: "online_users", payload: { room_id: "general" } });
    w.ask(a, leave("general"));
    expect(asked).toEqual(["join"]);
  });

  test("is not asked about rooms that have no name, or that the sender is not in", () => {
    const w = world(() => {
      throw new Error("asked");
    });
    const a = w.connect("Alice");
    expect(errorCode(w.ask(a, join("")))).toBe("INVALID_PAYLOAD");
    expect(errorCode(w.ask(a, say("general", 1)))).toBe("NOT_IN_ROOM");
  });

  test("is not asked what the server's own code does", () => {
    const w = world(() => false);
    const a = w.connect("Alice");
    w.client("alice").join("general");
    w.clock.flush();
    expect(types(a.take())).toEqual(["room_info"]);
  });

  test.each([[false], [undefined], [1], ["yes"], [{}]])(
    "lets nobody do what it answers with %j",
    async (verdict) => {
      for (const late of [false, true]) {
        const answer = (is: unknown) => (late ? Promise.resolve(is) : is) as boolean;
        const w = world((_, action, room) =>
          answer(room === "general" || action === "join" ? true : verdict),
        );
        const b = w.connect("Bob");
        b.send(join("other"));
        await settle(w);
        const a = w.connect("Alice");
        a.send(join("other"));
        await settle(w);
        a.take();
        b.take();
        a.send(say("other", "hello", "s"));
        a.send({ type: "typing", room: "other", id: "t" });
        await settle(w);
        expect(a.take()).toMatchObject([
          { id: "s", payload: { code: "FORBIDDEN", message: "You may not send to this room." } },
          { id: "t", payload: { code: "FORBIDDEN" } },
        ]);
        expect([b.take(), w.hub.room("other").position?.seq ?? 0]).toEqual([[], 0]);
      }
    },
  );

  test("that says no to a join keeps out, and nobody hears of it", () => {
    const w = world(({ user }) => user.id === "alice");
    const a = w.enter("Alice", "general");
    expect(w.ask(w.connect("Bob"), join("general", "j"))).toMatchObject([
      { type: "error", id: "j", payload: { code: "FORBIDDEN", message: /join this room/ } },
    ]);
    expect([a.take(), w.hub.room("general").size]).toEqual([[], 1]);
    expect(w.emitted("error")).toEqual([]);
  });

  test("that says no to a second join puts nobody out", () => {
    let isAllowed = true;
    const w = world(() => isAllowed);
    const a = w.enter("Alice", "general");
    isAllowed = false;
    expect(errorCode(w.ask(a, join("general")))).toBe("FORBIDDEN");
    expect(w.hub.room("general").size).toBe(1);
  });

  test("may refuse with a code and a sentence of its own", async () => {
    const refusal = new RoomcastError("QUOTA_SPENT", "Not today.");
    for (const authorize of [
      () => {
        throw refusal;
      },
      () => Promise.reject(refusal),
    ]) {
      const w = world(authorize);
      const a = w.connect("Alice");
      a.send(join("general"));
      await settle(w);
      expect(a.take()).toMatchObject([{ payload: { code: "QUOTA_SPENT", message: "Not today." } }]);
      expect(w.hub.rooms.size).toBe(0);
    }
  });

  test("that fails lets nobody in, and the failure is told with its cause", async () => {
    const cause = new Error("database");
    for (const authorize of [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
    ]) {
      const w = world(authorize);
      const a = w.connect("Alice");
      a.send(join("general"));
      await settle(w);
      expect(errorCode(a.take())).toBe("INTERNAL");
      expect(w.emitted("error")).toMatchObject([{ error: { code: "HANDLER_FAILED", cause } }]);
      expect(w.hub.rooms.size).toBe(0);
    }
  });

  test("that never answers lets nobody in after handlerTimeout, and is not heard later", async () => {
    const { world, asked } = undecided({ handlerTimeout: 1_000 });
    const a = world.connect("Alice");
    a.send(join("general"));
    world.clock.advance(999);
    await settle(world);
    expect(a.take()).toEqual([]);
    world.clock.advance(1);
    await settle(world);
    expect(errorCode(a.take())).toBe("INTERNAL");
    expect(world.emitted("error")).toMatchObject([{ error: { code: "HANDLER_TIMEOUT" } }]);
    asked[0]?.answer(true);
    await settle(world);
    expect([a.take(), world.hub.rooms.size, world.clock.pendingTimers]).toEqual([[], 0, 0]);
  });

  test("may take for ever where handlerTimeout is off", async () => {
    const { world, decide } = undecided({ handlerTimeout: false });
    const a = world.connect("Alice");
    a.send(join("general"));
    world.clock.advance(3_600_000);
    await decide();
    expect(types(a.take())).toEqual(["room_info"]);
  });

  test("leaves no timer behind when it has answered", async () => {
    const { world, decide } = undecided();
    world.connect("Alice").send(join("general"));
    expect(world.clock.pendingTimers).toBe(1);
    await decide();
    expect(world.clock.pendingTimers).toBe(0);
  });
});

test("a handler of your own in place of a built-in one holds up nobody", () => {
  const w = new World();
  w.hub.handle("send_message", () => new Promise(() => {}));
  const a = w.enter("Alice", "general");
  a.send(say("general", "never done"));
  expect(types(w.ask(a, { type: "online_users", payload: { room_id: "general" } }))).toEqual([
    "online_users",
  ]);
});

describe("while authorize thinks", () => {
  test("what the same client sends waits, and is handled in order", async () => {
    const { world, asked, decide } = undecided();
    world.hub.handle("draw", (_, { room, payload }) => room.broadcast("drawn", payload));
    const a = world.connect("Alice");
    a.send(join("general", "j"));
    a.send(say("general", "hello", "s"));
    a.send({ type: "draw", room: "general", payload: 1, id: "d" });
    a.send({ type: "online_users", payload: { room_id: "general" }, id: "o" });
    a.send(leave("general", "l"));
    a.send({ type: "nonsense", id: "n" });
    await settle(world);
    expect([a.take(), asked.map(({ action }) => action)]).toEqual([[], ["join"]]);
    await decide();
    expect([types(a.take()), asked.map(({ action }) => action)]).toEqual([["room_info"], ["send"]]);
    await decide();
    expect(a.take()).toMatchObject([
      { type: "ack", id: "s", seq: 1 },
      { type: "drawn", seq: 2 },
      { type: "ack", id: "d", payload: { seq: 2 } },
      { type: "online_users", id: "o" },
      { type: "ack", id: "l" },
      { type: "error", id: "n", payload: { code: "UNKNOWN_TYPE" } },
    ]);
  });

  test("pings, pongs and answers to the server are not held up", async () => {
    const { world, decide } = undecided();
    const a = world.connect("Alice");
    a.send(join("general"));
    const receipt = world.client("alice").request("ready?");
    a.send({ type: "pong", id: "pong" });
    const [asked] = world.ask(a, { type: "ping", id: "p" }).filter(({ type }) => type !== "pong");
    a.send({ type: "ack", id: asked?.id, payload: "yes" });
    expect((await receipt).status).toBe("ack");
    await decide();
    expect(types(a.take())).toEqual(["room_info"]);
  });

  test("nobody else waits", async () => {
    const { world, asked } = undecided();
    const [a, b] = [world.connect("Alice"), world.connect("Bob")];
    a.send(join("general"));
    b.send(join("general"));
    asked[1]?.answer(true);
    await settle(world);
    expect([types(a.take()), types(b.take())]).toEqual([[], ["room_info"]]);
  });

  test("a hundred messages wait at most; more are RATE_LIMITED", async () => {
    const { world, decide } = undecided();
    const a = world.connect("Alice");
    a.send(join("general", "j"));
    for (let n = 1; n <= 101; n++) a.send({ type: "nonsense", id: `${n}` });
    await settle(world);
    expect(a.take()).toMatchObject([{ id: "101", payload: { code: "RATE_LIMITED" } }]);
    await decide();
    const [info, ...errors] = a.take();
    expect([info?.id, errors.length, errors[99]?.id]).toEqual(["j", 100, "100"]);
    expect(world.ask(a, { type: "nonsense", id: "after" })).toHaveLength(1);
  });

  test("a client that goes is not let in, and what waited is not handled", async () => {
    for (const end of ["cut", "close"]) {
      const { world, asked, decide } = undecided();
      const a = world.connect("Alice");
      a.send(join("general"));
      a.send(join("other"));
      if (end === "cut") a.cut();
      else world.client("alice").close();
      await decide();
      expect([a.take(), asked, world.hub.rooms.size]).toEqual([[], [], 0]);
    }
  });

  test("a user who is revoked is FORBIDDEN, whatever it says then", async () => {
    const { world, decide } = undecided();
    const a = world.connect("Alice");
    a.send(join("general"));
    world.hub.revoke("alice", "general");
    await decide();
    expect([errorCode(a.take()), world.hub.rooms.size]).toEqual(["FORBIDDEN", 0]);
    a.send(join("general"));
    await decide();
    expect(types(a.take())).toEqual(["room_info"]);
  });

  test("a sender who is taken out of the room is NOT_IN_ROOM, and nothing is said", async () => {
    const { world, decide } = undecided();
    const [a, b] = [world.connect("Alice"), world.connect("Bob")];
    for (const name of ["alice", "bob"]) world.client(name).join("general");
    a.send(say("general", "hello", "s"));
    a.send({ type: "typing", room: "general", id: "t" });
    await settle(world);
    world.hub.revoke("alice");
    await settle(world);
    a.take();
    b.take();
    await decide();
    expect(a.take()).toMatchObject([
      { id: "s", payload: { code: "NOT_IN_ROOM" } },
      { id: "t", payload: { code: "NOT_IN_ROOM" } },
    ]);
    expect([b.take(), world.hub.room("general").position?.seq ?? 0]).toEqual([[], 0]);
  });

  test("a room that the server puts the client in is answered all the same", async () => {
    const { world, decide } = undecided();
    const a = world.connect("Alice");
    a.send(join("general", "j"));
    world.client("alice").join("general");
    await decide();
    expect(a.take()).toMatchObject([{ type: "room_info" }, { type: "room_info", id: "j" }]);
    expect(world.emitted("join")).toHaveLength(1);
  });

  test("the limit of rooms is kept", async () => {
    const { world, decide } = undecided({ maxRoomsPerClient: 1 });
    const a = world.connect("Alice");
    a.send(join("one"));
    a.send(join("two"));
    await decide();
    await decide();
    expect(a.take()).toMatchObject([
      { room: "one" },
      { type: "error", payload: { code: "TOO_MANY_ROOMS" } },
    ]);
  });
});

test("typing shows nothing before it is allowed, and not after it was stopped", async () => {
  const { world, decide } = undecided();
  const [a, b] = [world.connect("Alice"), world.connect("Bob")];
  for (const name of ["alice", "bob"]) world.client(name).join("general");
  a.send({ type: "typing", room: "general", id: "t" });
  a.send({ type: "stop_typing", room: "general", id: "s" });
  await settle(world);
  a.take();
  b.take();
  await decide();
  expect(b.take().map(({ payload }) => payload)).toEqual([{ typing: true }, { typing: false }]);
  expect(a.take()).toMatchObject([{ id: "t" }, { id: "s" }]);
});
