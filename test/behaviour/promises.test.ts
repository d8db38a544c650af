import { Hub, type Incoming, type Room, RoomcastError } from "roomcast";
import { describe, expect, test } from "vitest";
import { rejoin } from "../support/late-history.js";
import { join, say, World } from "../support/world.js";

/** A hub that has been closed, with what was had from it before. */
async function closed() {
  const world = new World({ history: {} });
  world.enter("Alice", "general");
  const client = world.client("alice");
  const room = world.hub.room("general");
  const closing = world.hub.close();
  world.clock.flush();
  await closing;
  return { world, hub: world.hub, client, room };
}

describe("what has a position, or must hold everywhere, returns a promise", () => {
  test("whose effect is there when the call returns", () => {
    const world = new World();
    const a = world.connect("Alice");
    const client = world.client("alice");
    void client.join("general");
    expect(client.rooms.has("general")).toBe(true);
    void world.hub.room("general").broadcast("news", 1);
    expect(world.hub.room("general").position?.seq).toBe(1);
    void world.hub.revoke("alice");
    expect(client.rooms.has("general")).toBe(false);
    world.clock.flush();
    expect(a.take().map(({ type }) => type)).toEqual(["room_info", "news", "removed"]);
  });

  test("with the room, the stamp, or nothing", async () => {
    const world = new World();
    world.connect("Alice");
    const room = await world.client("alice").join("general");
    expect(room.id).toBe("general");
    const stamp = await room.broadcast("news");
    expect(stamp).toEqual({ ...room.position, timestamp: "2000-01-01T00:00:00.000Z" });
    expect(await world.hub.revoke("alice", "general")).toBeUndefined();
  });

  test("a stamp can be kept, and used as since", async () => {
    const world = new World({ history: {} });
    const a = world.enter("Alice", "general");
    const room = world.hub.room("general");
    const { epoch, seq } = await room.broadcast("news", 1);
    a.cut();
    void room.broadcast("news", 2);
    const answers = world.ask(world.connect("Alice"), rejoin("general", { epoch, seq }));
    expect(answers.map(({ payload }) => payload)).toMatchObject([{ recovered: true }, 2]);
  });
});

describe("a handler that returns a broadcast", () => {
  test.each([["lasting"], ["of the moment"]])(
    "is acked in the same call with the stamp, where it is %s, and starts no timer",
    (kind) => {
      const world = new World();
      const policy = kind === "lasting" ? "queue" : "drop";
      world.hub.handle("draw", (client, { room, payload }) =>
        room.broadcast("drawn", payload, { except: client, policy }),
      );
      const a = world.enter("Alice", "general");
      const timers = world.clock.pendingTimers;
      a.send({ type: "draw", room: "general", payload: 1, id: "d" });
      expect(world.clock.pendingTimers).toBe(timers);
      world.clock.flush();
      const timestamp = "2000-01-01T00:00:00.000Z";
      const position = world.hub.room("general").position;
      const payload = kind === "lasting" ? { ...position, timestamp } : { seq: 0, timestamp };
      expect(a.take().filter(({ type }) => type === "ack")).toEqual([
        { type: "ack", id: "d", payload },
      ]);
    },
  );

  test("keeps the order of acks of a client that sends several at once", () => {
    const world = new World();
    world.hub.handle("draw", (_, { room }) => room.broadcast("drawn"));
    const a = world.enter("Alice", "general");
    for (const id of ["1", "2", "3"]) a.send({ type: "draw", room: "general", id });
    world.clock.flush();
    const got = a.take().map(({ type, id }) => (type === "ack" ? id : type));
    expect(got).toEqual(["drawn", "1", "drawn", "2", "drawn", "3"]);
  });
});

describe("once the hub is closed", () => {
  test("broadcast, join and revoke reject with HUB_CLOSED, and a message says what to do", async () => {
    const { hub, client, room } = await closed();
    const calls = [
      () => room.broadcast("news"),
      () => room.broadcast("news", 1, { policy: "drop" }),
      () => hub.room("other").broadcast("news"),
      () => client.join("general"),
      () => hub.revoke("alice"),
    ];
    for (const call of calls) {
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(RoomcastError);
      expect(error).toMatchObject({ code: "HUB_CLOSED", message: /closed/ });
    }
  });

  test("a rejection that nobody handles is no unhandled one", async () => {
    const { hub, client, room } = await closed();
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    void room.broadcast("news");
    void client.join("general");
    void hub.revoke("alice");
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  test("misuse throws at once all the same", async () => {
    const { client, room } = await closed();
    expect(() => room.broadcast("room_info")).toThrow(/reserve/);
    expect(() => room.broadcast("news", 1n)).toThrow(TypeError);
    expect(() => client.join("")).toThrow(/1 to 128/);
  });

  test("while handlers still run, they work", async () => {
    const world = new World();
    world.hub.handle("slow", () => new Promise(() => {}));
    const a = world.enter("Alice", "general");
    a.send({ type: "slow" });
    void world.hub.close();
    expect((await world.hub.room("general").broadcast("bye")).seq).toBe(1);
    world.clock.flush();
    expect(a.take()).toMatchObject([{ type: "bye" }]);
  });
});

test("a room is the same object everywhere while it lives", async () => {
  const world = new World();
  const seen: Room[] = [];
  world.hub.on("join", ({ room }) => seen.push(room));
  world.hub.on("message", ({ message }: { message: Incoming }) => {
    if (message.type === "send_message") seen.push(message.room);
  });
  const a = world.enter("Alice", "general");
  world.ask(a, say("general", 1));
  const client = world.client("alice");
  const room = world.hub.room("general");
  seen.push(
    await client.join("general"),
    client.rooms.get("general") as Room,
    world.hub.rooms.get("general") as Room,
    [...world.hub.rooms.values()][0] as Room,
  );
  expect(seen).toHaveLength(6);
  for (const other of seen) expect(other).toBe(room);
});

test("the maps of rooms are views that are kept current", () => {
  const world = new World();
  const { rooms } = world.hub;
  const a = world.enter("Alice", "one", "two");
  const mine = world.client("alice").rooms;
  expect([rooms.size, mine.size, rooms.has("one"), mine.has("three")]).toEqual([2, 2, true, false]);
  expect([...mine.keys()]).toEqual(["one", "two"]);
  expect([...rooms].map(([id, room]) => [id, room.id])).toEqual([
    ["one", "one"],
    ["two", "two"],
  ]);
  const ids: string[] = [];
  rooms.forEach((room, id) => {
    ids.push(id, room.id);
  });
  expect(ids).toEqual(["one", "one", "two", "two"]);
  a.cut();
  expect([rooms.size, mine.size, rooms.get("one")]).toEqual([0, 0, undefined]);
});

test("a user's handle sets what others see of the user, on whichever connection", () => {
  const world = new World();
  const bob = world.enter("Bob", "general");
  world.enter("Alice", "general");
  world.enter("Alice", "general");
  bob.take();
  world.hub.user("alice").setPresence({ status: "away" });
  world.hub.user("nobody").setPresence({ status: "away" });
  world.clock.flush();
  expect(bob.take()).toMatchObject([
    { type: "user_updated", payload: { id: "alice", state: { status: "away" } } },
  ]);
  expect(world.ask(world.connect("Carl"), join("general"))).toMatchObject([
    { payload: { users: [{ id: "bob" }, { id: "alice", state: { status: "away" } }, {}] } },
  ]);
});

test("a hub says the limits that it holds its clients to", () => {
  expect(new Hub().limits).toEqual({
    maxMessageBytes: 4096,
    maxBufferedBytes: 1_048_576,
    lagTimeout: 30_000,
    heartbeat: { interval: 25_000, timeout: 20_000 },
  });
  const { hub } = new World({ maxMessageBytes: 10, lagTimeout: false, heartbeat: false });
  expect(hub.limits).toMatchObject({ maxMessageBytes: 10, lagTimeout: false, heartbeat: false });
});
