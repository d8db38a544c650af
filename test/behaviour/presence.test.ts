import type { Envelope, HubOptions } from "roomcast";
import type { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { join, leave, World } from "../support/world.js";

const GRACE = 30_000;

/** Alice watches a room that Bob is in. */
function watched(options: HubOptions = {}) {
  const world = new World({ presence: { grace: GRACE }, heartbeat: false, ...options });
  const alice = world.enter("Alice", "general");
  const bob = world.enter("Bob", "general");
  alice.take();
  /** What Alice is told when so many milliseconds have passed. */
  const heard = (ms: number) => {
    world.clock.advance(ms);
    return alice.take();
  };
  return { world, alice, bob, room: world.hub.room("general"), heard };
}

const bobIs = (type: string, more: object = {}) => ({
  type,
  room: "general",
  payload: { id: "bob", name: "Bob", ...more },
  timestamp: expect.any(String),
});

const types = (envelopes: Envelope[]) => envelopes.map(({ type }) => type);

/** What a newcomer is told of who is there. */
function info(world: World): unknown {
  const socket = world.connect("Watcher");
  const [answer] = world.ask(socket, {
    type: "online_users",
    payload: { room_id: "general" },
    id: "o",
  });
  socket.hangUp();
  return answer?.payload;
}

describe("a member whose last connection died", () => {
  test("is gone at once where there is no grace", () => {
    const { bob, heard } = watched({ presence: "members" });
    bob.cut();
    expect(heard(0)).toEqual([bobIs("user_left", { reason: "timeout" })]);
  });

  test("and who is back within two seconds was never away to the others", () => {
    const { world, bob, room, heard } = watched();
    bob.cut();
    expect(heard(1_999)).toEqual([]);
    expect(room.members.map(({ id }) => id)).toEqual(["alice", "bob"]);
    world.enter("Bob", "general");
    expect(heard(GRACE)).toEqual([]);
    expect(room.members.map(({ id }) => id)).toEqual(["alice", "bob"]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("is announced after two seconds, and so is the return", () => {
    const { world, bob, heard } = watched();
    bob.cut();
    expect(heard(1_999)).toEqual([]);
    expect(heard(1)).toEqual([bobIs("user_reconnecting")]);
    expect(heard(GRACE - 2_001)).toEqual([]);
    const again = world.connect("Bob");
    again.send(join("general"));
    expect(heard(GRACE)).toEqual([bobIs("user_returned")]);
    expect(types(again.take())).toEqual(["room_info"]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("has left when the grace is over, and comes anew after that", () => {
    const { world, bob, room, heard } = watched();
    bob.cut();
    expect(types(heard(GRACE - 1))).toEqual(["user_reconnecting"]);
    expect(heard(1)).toEqual([bobIs("user_left", { reason: "timeout" })]);
    expect([room.members.length, world.clock.pendingTimers]).toEqual([1, 0]);
    world.enter("Bob", "general");
    expect(heard(GRACE)).toEqual([bobIs("user_joined")]);
  });

  test("with a short grace is announced when half of it is over", () => {
    const { bob, heard } = watched({ presence: { grace: 1_000 } });
    bob.cut();
    expect(heard(499)).toEqual([]);
    expect(types(heard(1))).toEqual(["user_reconnecting"]);
    expect(heard(499)).toEqual([]);
    expect(types(heard(1))).toEqual(["user_left"]);
  });

  test("is listed last, and once announced as reconnecting; who comes back is listed last too", () => {
    const { world, alice, bob, heard } = watched();
    alice.cut();
    world.clock.advance(1_999);
    expect(info(world)).toEqual({
      room_id: "general",
      users: [
        { id: "bob", name: "Bob" },
        { id: "alice", name: "Alice" },
      ],
      count: 2,
    });
    heard(1);
    expect(info(world)).toEqual({
      room_id: "general",
      users: [
        { id: "bob", name: "Bob" },
        { id: "alice", name: "Alice", reconnecting: true },
      ],
      count: 2,
    });
    bob.cut();
    world.enter("Alice", "general");
    expect(info(world)).toMatchObject({ users: [{ id: "alice" }, { id: "bob" }] });
  });

  test("any number of times is waited for anew each time", () => {
    const { world, bob, heard } = watched();
    let socket: MemorySocket = bob;
    for (let round = 0; round < 3; round++) {
      socket.cut();
      expect(types(heard(GRACE - 1))).toEqual(["user_reconnecting"]);
      socket = world.enter("Bob", "general");
      expect(types(heard(0))).toEqual(["user_returned"]);
      socket.cut();
      expect(heard(1_999)).toEqual([]);
      socket = world.enter("Bob", "general");
    }
    expect(heard(GRACE)).toEqual([]);
  });

  test("is waited for in each room, for as long as that room waits", () => {
    const { world, alice, bob } = watched({
      presence: (name) => (name === "general" ? { grace: 10_000 } : "members"),
    });
    for (const socket of [alice, bob]) world.ask(socket, join("other"));
    world.clock.flush();
    alice.take();
    bob.cut();
    world.clock.flush();
    expect(alice.take()).toMatchObject([{ type: "user_left", room: "other" }]);
    world.clock.advance(10_000);
    expect(alice.take()).toMatchObject([
      { type: "user_reconnecting", room: "general" },
      { type: "user_left", room: "general" },
    ]);
  });

  test("keeps the room, its position and its name alive while nobody else is there", () => {
    const { world, alice, bob, room } = watched();
    room.broadcast("n");
    const position = room.position;
    alice.hangUp();
    bob.cut();
    world.clock.advance(GRACE - 1);
    expect([room.isEmpty, world.hub.rooms.has("general")]).toEqual([true, true]);
    expect(world.emitted("roomRemoved")).toEqual([]);
    world.enter("Bob", "general");
    expect(room.position).toEqual(position);
    expect(world.emitted("roomCreated")).toHaveLength(1);
    world.client("bob").close();
    expect(world.emitted("roomRemoved")).toHaveLength(1);
  });

  test("lets the room go when the last grace is over", () => {
    const { world, alice, bob } = watched();
    alice.cut();
    world.clock.advance(1_000);
    bob.cut();
    world.clock.advance(GRACE - 1);
    expect(world.hub.rooms.size).toBe(1);
    world.clock.advance(1);
    expect(world.hub.rooms.size).toBe(0);
    expect(world.emitted("roomRemoved")).toHaveLength(1);
  });
});

describe("who left, and why:", () => {
  test.each<[string, string, (world: World, bob: MemorySocket) => void]>([
    ["a message", "left", (_, bob) => bob.send(leave("general"))],
    ["a close with 1000", "left", (_, bob) => bob.hangUp(1_000)],
    ["a close without a code", "left", (_, bob) => bob.hangUp(1_005)],
    ["client.leave()", "left", (world) => world.client("bob").leave("general")],
    ["hub.revoke()", "kicked", (world) => world.hub.revoke("bob")],
    ["hub.revoke() of this room", "kicked", (world) => world.hub.revoke("bob", "general")],
    ["client.close()", "closed", (world) => world.client("bob").close()],
    ["client.close(4500)", "closed", (world) => world.client("bob").close(4_500)],
  ])("%s is a departure at once: %s", (_, reason, end) => {
    const { world, bob, heard } = watched();
    end(world, bob);
    expect(heard(GRACE)).toEqual([bobIs("user_left", { reason })]);
    expect(world.emitted("leave")).toMatchObject([{ client: { user: { id: "bob" } }, reason }]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test.each<[string, (world: World, bob: MemorySocket) => void]>([
    ["a cut line", (_, bob) => bob.cut()],
    ["a page that goes away", (_, bob) => bob.hangUp(1_001)],
    ["a client that closes with 4000", (_, bob) => bob.hangUp(4_000)],
    ["client.close(4000)", (world) => world.client("bob").close(4_000)],
    ["client.close(1001)", (world) => world.client("bob").close(1_001)],
    ["client.terminate()", (world) => world.client("bob").terminate()],
    ["a binary message", (_, bob) => bob.send(new Uint8Array(1))],
  ])("%s is waited for", (_, end) => {
    const { world, bob, heard } = watched();
    end(world, bob);
    expect(types(heard(GRACE - 1))).toEqual(["user_reconnecting"]);
    expect(heard(1)).toEqual([bobIs("user_left", { reason: "timeout" })]);
    expect(world.emitted("leave")).toMatchObject([{ reason: "timeout" }]);
  });

  test("a silent peer is waited for from when it is given up", () => {
    const { world, bob, heard } = watched({ heartbeat: { interval: 10_000, timeout: 10_000 } });
    bob.answersPings = false;
    expect(types(heard(25_000))).toEqual(["user_reconnecting"]);
    expect(world.emitted("disconnect")).toHaveLength(1);
  });
});

describe("taking a member out", () => {
  test("tells each connection, and nobody else is told but that the user left", () => {
    const { world, bob, alice } = watched();
    const tab = world.enter("Bob", "general", "other");
    world.hub.revoke("bob", "general");
    world.clock.flush();
    const removed = { type: "removed", room: "general", payload: { reason: "kicked" } };
    expect([bob.take(), tab.take()]).toEqual([[removed], [removed]]);
    expect(alice.take()).toEqual([bobIs("user_left", { reason: "kicked" })]);
    expect([...world.client("bob").rooms.keys()]).toEqual(["other"]);
  });

  test("by server code tells it, with no judgement, and says whether it was in", () => {
    const { world, bob } = watched();
    const client = world.client("bob");
    expect([client.leave("general"), client.leave("general")]).toEqual([true, false]);
    world.clock.flush();
    expect(bob.take()).toEqual([{ type: "removed", room: "general", payload: { reason: "left" } }]);
  });

  test("who is being waited for ends the wait", () => {
    for (const roomId of ["general", undefined]) {
      const { world, bob, heard } = watched();
      bob.cut();
      world.hub.revoke("bob", "other");
      expect(types(heard(2_000))).toEqual(["user_reconnecting"]);
      world.hub.revoke("bob", roomId);
      expect(heard(GRACE)).toEqual([bobIs("user_left", { reason: "kicked" })]);
      expect(world.clock.pendingTimers).toBe(0);
    }
  });

  test("who is being waited for alone lets the room go", () => {
    const { world, alice, bob } = watched();
    alice.hangUp();
    bob.cut();
    world.hub.revoke("bob");
    expect(world.hub.rooms.size).toBe(0);
    expect(world.emitted("roomRemoved")).toHaveLength(1);
  });

  test("who is not there, or unknown, does nothing", () => {
    const { world, heard } = watched();
    world.hub.revoke("nobody");
    world.hub.revoke("bob", "other");
    expect(heard(0)).toEqual([]);
  });
});

describe("a user with two tabs", () => {
  test("is a member as long as either is there, whatever becomes of the other", () => {
    const { world, bob, room, heard } = watched();
    const tab = world.enter("Bob", "general");
    bob.cut();
    expect(heard(GRACE)).toEqual([]);
    world.enter("Bob", "general").send(leave("general"));
    expect(heard(GRACE)).toEqual([]);
    tab.cut();
    expect(types(heard(2_000))).toEqual(["user_reconnecting"]);
    expect([room.size, room.members.length]).toEqual([1, 2]);
  });

  test("is waited for if the last one dies, though the other said goodbye", () => {
    const { world, bob, heard } = watched();
    const tab = world.enter("Bob", "general");
    bob.hangUp();
    tab.cut();
    expect(types(heard(GRACE))).toEqual(["user_reconnecting", "user_left"]);
  });

  test("and both lost returns with the first, and the second is no news", () => {
    const { world, bob, heard } = watched();
    const tab = world.enter("Bob", "general");
    bob.cut();
    tab.cut();
    expect(types(heard(2_000))).toEqual(["user_reconnecting"]);
    world.enter("Bob", "general");
    world.enter("Bob", "general");
    expect(types(heard(GRACE))).toEqual(["user_returned"]);
  });
});

describe("a member's own state", () => {
  const away = { status: "away" };

  test("is told to the rooms that the user is in, once each, and to newcomers", () => {
    const { world, alice, bob } = watched();
    world.ask(bob, join("other"));
    const tab = world.enter("Bob", "general");
    const c = world.enter("Carl", "other");
    world.clock.flush();
    for (const socket of [alice, bob, tab, c]) socket.take();
    world.client("bob").setPresence(away);
    world.clock.flush();
    const updated = bobIs("user_updated", { state: away });
    expect([alice.take(), tab.take(), c.take()]).toEqual([
      [updated],
      [updated],
      [{ ...updated, room: "other" }],
    ]);
    expect(bob.take()).toHaveLength(2);
    expect(info(world)).toMatchObject({ users: [{ id: "alice" }, { id: "bob", state: away }] });
  });

  test("is shown when the user comes, and is nobody else's", () => {
    const { world, heard } = watched();
    const c = world.connect("Carl");
    world.client("carl").setPresence(away);
    world.ask(c, join("general"));
    expect(heard(0)).toMatchObject([{ type: "user_joined", payload: { id: "carl", state: away } }]);
    expect(info(world)).toMatchObject({ users: [{ id: "alice" }, { id: "bob" }, { state: away }] });
  });

  test("may be any JSON, also null and false, and be taken back", () => {
    const { world, heard } = watched();
    for (const state of [null, false, 0, "", [1]]) {
      world.client("bob").setPresence(state);
      expect(heard(0)).toEqual([bobIs("user_updated", { state })]);
    }
    world.client("bob").setPresence(undefined);
    expect(heard(0)).toEqual([bobIs("user_updated")]);
  });

  test("that is no JSON throws, and the old one stays", () => {
    const { world, heard } = watched();
    const client = world.client("bob");
    client.setPresence(away);
    heard(0);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const bad of [circle, 1n]) expect(() => client.setPresence(bad)).toThrow(TypeError);
    expect(heard(0)).toEqual([]);
    expect(info(world)).toMatchObject({ users: [{}, { state: away }] });
  });

  test("lives over a reconnect, told with the return if that is told", () => {
    const { world, bob, heard } = watched();
    world.client("bob").setPresence(away);
    heard(0);
    bob.cut();
    world.enter("Bob", "general").cut();
    expect(heard(2_000)).toEqual([bobIs("user_reconnecting")]);
    expect(info(world)).toMatchObject({ users: [{}, { reconnecting: true, state: away }] });
    world.enter("Bob", "general");
    expect(heard(0)).toEqual([bobIs("user_returned", { state: away })]);
  });

  test("that another connection set meanwhile is told to those who saw no departure", () => {
    const { world, bob, heard } = watched();
    world.client("bob").setPresence(away);
    heard(0);
    bob.cut();
    const again = world.connect("Bob");
    world.client("bob").setPresence({ status: "here" });
    world.ask(again, join("general"));
    expect(heard(GRACE)).toEqual([bobIs("user_updated", { state: { status: "here" } })]);
  });

  test("that is set to what it was says nothing to those who saw no departure", () => {
    const { world, bob, heard } = watched();
    world.hub.on("connect", ({ client }) => client.setPresence({ status: "away" }));
    world.client("bob").setPresence({ status: "away" });
    heard(0);
    bob.cut();
    world.enter("Bob", "general");
    expect(heard(GRACE)).toEqual([]);
  });

  test("ends with the user's last connection, if that is not waited for", () => {
    const { world, bob, heard } = watched();
    world.client("bob").setPresence(away);
    bob.hangUp();
    heard(1_000);
    world.enter("Bob", "general");
    expect(heard(0)).toEqual([bobIs("user_joined")]);
  });

  test("ends when the wait is over", () => {
    const { world, bob, heard } = watched();
    world.client("bob").setPresence(away);
    bob.cut();
    heard(GRACE);
    world.enter("Bob", "general");
    expect(heard(0)).toEqual([bobIs("user_joined")]);
  });

  test("belongs to the user: it outlives the tab that said it", () => {
    const { world, bob, heard } = watched();
    world.client("bob").setPresence(away);
    world.enter("Bob", "general");
    bob.hangUp();
    heard(0);
    expect(info(world)).toMatchObject({ users: [{}, { state: away }] });
  });

  test("of a client that is gone is nobody's", () => {
    const { world, bob, heard } = watched();
    const client = world.client("bob");
    bob.cut();
    client.setPresence(away);
    world.enter("Bob", "general");
    expect(heard(GRACE)).toEqual([]);
    expect(info(world)).not.toMatchObject({ users: [{}, { state: away }] });
  });
});

describe("a room that shows counts only", () => {
  const presence = { show: "count", grace: GRACE } as const;

  test("tells of a new count once in 250 ms, and of nothing else", () => {
    const { world, alice, heard } = watched({ presence: "count" });
    world.clock.advance(250);
    alice.take();
    for (const name of ["Carl", "Dora", "Eve"]) world.enter(name, "general");
    world.client("carl").setPresence({ status: "away" });
    world.client("eve").leave("general");
    expect(heard(249)).toEqual([]);
    const counts = heard(1);
    expect(counts).toEqual([
      { type: "user_count", room: "general", payload: { count: 4 }, timestamp: expect.any(String) },
    ]);
    world.client("dora").close();
    expect(heard(250)).toMatchObject([{ payload: { count: 3 } }]);
    expect(heard(10_000)).toEqual([]);
  });

  test("counts users, also those who are waited for", () => {
    const { world, bob, heard } = watched({ presence });
    heard(250);
    world.enter("Bob", "general");
    bob.cut();
    world.client("bob").terminate();
    expect(heard(GRACE - 1)).toEqual([]);
    expect(info(world)).toEqual({ room_id: "general", count: 2 });
    expect(heard(251)).toMatchObject([{ type: "user_count", payload: { count: 1 } }]);
  });

  test("names nobody to who joins", () => {
    const { world } = watched({ presence });
    const [answer] = world.ask(world.connect("Carl"), join("general"));
    expect(answer?.payload).toEqual({ room_id: "general", count: 3, max: 4_096 });
  });

  test("says nothing of who types", () => {
    const { world, bob, heard } = watched({ presence });
    heard(250);
    world.ask(bob, { type: "typing", room: "general" });
    expect(heard(10_000)).toEqual([]);
  });

  test("of which nobody is left tells nobody, and leaves no timer", () => {
    const { world, alice, bob } = watched({ presence: "count", history: { ttl: 1 } });
    alice.hangUp();
    bob.hangUp();
    world.clock.advance(250);
    expect(world.clock.pendingTimers).toBe(0);
  });
});

test("a room that shows nothing says nothing of who is there, comes, goes or types", () => {
  const { world, alice, bob, heard } = watched({ presence: { show: "none", grace: GRACE } });
  const c = world.connect("Carl");
  expect(world.ask(c, join("general"))[0]?.payload).toEqual({ room_id: "general", max: 4_096 });
  world.client("carl").setPresence({ status: "away" });
  bob.send({ type: "typing", room: "general" });
  bob.cut();
  c.hangUp();
  expect(heard(GRACE)).toEqual([]);
  expect(info(world)).toEqual({ room_id: "general" });
  expect(world.ask(alice, join("general"))[0]?.payload).toEqual({ room_id: "general", max: 4_096 });
});

test("each room shows what it is to show, by its name", () => {
  const world = new World({ presence: (name) => (name === "large" ? "count" : "none") });
  const a = world.connect("Alice");
  const payloads = ["large", "secret"].map((room) => world.ask(a, join(room))[0]?.payload);
  expect(payloads).toEqual([
    { room_id: "large", count: 1, max: 4_096 },
    { room_id: "secret", max: 4_096 },
  ]);
});

test("typing goes out when the connection dies, though the member is waited for", () => {
  const { world, bob, heard } = watched();
  world.ask(bob, { type: "typing", room: "general" });
  heard(0);
  bob.cut();
  expect(heard(0)).toMatchObject([{ type: "user_typing", payload: { typing: false } }]);
});

test("a hub that closes waits for nobody, tells nobody, and leaves no timer behind", async () => {
  for (const show of ["members", "count"] as const) {
    const { world, alice, bob } = watched({ presence: { show, grace: GRACE } });
    world.enter("Carl", "general");
    bob.cut();
    alice.take();
    const closed = world.hub.close();
    world.clock.flush();
    await closed;
    expect(alice.take()).toEqual([]);
    expect([world.clock.pendingTimers, world.hub.rooms.size]).toEqual([0, 0]);
    expect(world.emitted("roomRemoved")).toHaveLength(1);
  }
});
