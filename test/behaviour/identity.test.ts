import { MemorySocket } from "roomcast/testing";
import { expect, test } from "vitest";
import { join, leave, say, World } from "../support/world.js";

/** Alice in a room, with the object that the application returned and goes on changing. */
function changing(options: ConstructorParameters<typeof World>[0] = {}) {
  const world = new World({ heartbeat: false, ...options });
  const bob = world.enter("Bob", "general");
  const user = { id: "alice", name: "Alice", editor: false };
  const alice = MemorySocket.connect(world.hub, { user });
  alice.send(join("general"));
  world.clock.flush();
  const client = world.client("alice");
  bob.take();
  user.id = "mallory";
  user.name = "Mallory";
  user.editor = true;
  return { world, bob, alice, client, user };
}

const ALICE = { id: "alice", name: "Alice" };

test("the application's object stays its own", () => {
  const { client, user } = changing();
  expect(client.user).toBe(user);
});

test("a user's connections are found, and forgotten, under the id that they were accepted with", () => {
  const { world, alice, client } = changing();
  expect([...world.hub.user("alice").clients]).toEqual([client]);
  expect(world.hub.isOnline("mallory")).toBe(false);
  alice.cut();
  expect(world.hub.isOnline("alice")).toBe(false);
  expect(world.hub.stats()).toMatchObject({ clients: 1, users: 1 });
});

test("tabs whose objects have changed are still one user", () => {
  const { world, bob, alice, client } = changing();
  const tab = world.connect("Alice");
  world.ask(tab, join("general"));
  expect(bob.take()).toEqual([]);
  alice.send(leave("general"));
  tab.cut();
  world.clock.flush();
  expect(bob.take("user_left")).toMatchObject([{ payload: { ...ALICE, reason: "timeout" } }]);
  expect(world.hub.user("alice").clients).toEqual(new Set([client]));
  expect(world.ask(bob, { type: "online_users", payload: { room_id: "general" } })).toMatchObject([
    { payload: { users: [{ id: "bob", name: "Bob" }], count: 1 } },
  ]);
});

test("the sender of a message, of a broadcast and of typing is the one that was accepted", () => {
  const { world, bob, alice, client } = changing();
  alice.send(say("general", "hello"));
  world.hub.broadcast("news", 1, { from: client });
  alice.send({ type: "typing", room: "general" });
  world.clock.flush();
  const senders = bob.take().map(({ type, sender }) => [type, sender]);
  expect(senders).toEqual([
    ["new_message", ALICE],
    ["news", ALICE],
    ["user_typing", ALICE],
  ]);
});

test("presence shows the user that was accepted, also while it is absent and when it is back", () => {
  const { world, bob, alice, client, user } = changing({ presence: { grace: 30_000 } });
  client.setPresence({ status: "away" });
  const ask = () =>
    world.ask(bob, { type: "online_users", payload: { room_id: "general" } }).at(-1)?.payload;
  const shown = { ...ALICE, state: { status: "away" } };
  expect(ask()).toMatchObject({ users: [{ id: "bob" }, shown] });
  const gone: unknown[] = [];
  world.hub.on("memberLeft", (event) => gone.push(event.user));
  alice.cut();
  world.clock.advance(5_000);
  expect(bob.take("user_reconnecting")).toMatchObject([{ payload: ALICE }]);
  const back = world.enter("Alice", "general");
  world.clock.flush();
  expect(bob.take("user_returned")).toMatchObject([{ payload: shown }]);
  expect(ask()).toMatchObject({ users: [{ id: "bob" }, shown], count: 2 });
  back.cut();
  world.clock.advance(30_000);
  expect(bob.take("user_left")).toMatchObject([{ payload: ALICE }]);
  expect(gone).toHaveLength(1);
  expect(gone).not.toContain(user);
});

test("what is shown of a user that stays away is not what the object says later", () => {
  const { world, bob, alice, user } = changing({ presence: { grace: 30_000 } });
  const gone: unknown[] = [];
  world.hub.on("memberLeft", (event) => gone.push(event.user));
  alice.cut();
  world.clock.advance(30_000);
  expect(bob.take("user_left")).toMatchObject([{ payload: { ...ALICE, reason: "timeout" } }]);
  expect(gone).toEqual([user]);
});

test("a revoke by the accepted id takes the user out", async () => {
  const { world, alice, client } = changing({ history: {} });
  await world.hub.revoke("alice", "general");
  world.clock.flush();
  expect(alice.take("removed")).toHaveLength(1);
  expect(client.rooms.size).toBe(0);
});

test("a user read through getters is read when the connection is accepted", () => {
  const world = new World({ heartbeat: false });
  let reads = 0;
  const user = {
    get id() {
      return `user-${++reads}`;
    },
    name: "Shifty",
  };
  const socket = MemorySocket.connect(world.hub, { user });
  const before = reads;
  socket.send(join("general"));
  socket.send(say("general", "hello"));
  socket.cut();
  expect(reads).toBe(before);
  expect(world.hub.stats()).toMatchObject({ clients: 0, users: 0 });
});
