import { describe, expect, test } from "vitest";
import { join, leave, say, World } from "../support/world.js";

describe("a position", () => {
  test("is stated by room_info and online_users, and is what room.position says", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const room = world.hub.room("general");
    room.broadcast("n", 1);
    const position = { epoch: expect.stringMatching(/./), seq: 1 };
    expect(room.position).toEqual(position);
    world.clock.flush();
    a.take();
    const asked = { type: "online_users", payload: { room_id: "general" } };
    expect(world.ask(a, asked)).toMatchObject([{ ...room.position }]);
    expect(world.ask(a, join("general"))).toMatchObject([{ ...room.position }]);
  });

  test("rises by one with each lasting message, whoever says it", () => {
    const world = new World();
    const [a, b] = [world.enter("Alice", "general"), world.enter("Bob", "general")];
    const room = world.hub.room("general");
    a.take();
    room.broadcast("n");
    a.send(say("general", "hello", "s"));
    room.broadcast("n", null, { policy: "queue" });
    world.clock.flush();
    expect(b.take().map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(a.take().map(({ type, seq }) => [type, seq])).toEqual([
      ["n", 1],
      ["ack", 2],
      ["n", 3],
    ]);
  });

  test("is none of what is for the moment only", async () => {
    const world = new World();
    const [a, b] = [world.enter("Alice", "general"), world.enter("Bob", "general")];
    const room = world.hub.room("general");
    a.take();
    expect((await room.broadcast("n", 1, { policy: "drop" })).seq).toBe(0);
    expect((await room.broadcast("n", 2, { policy: "drop" })).seq).toBe(0);
    expect((await room.broadcast("n", 3, { policy: { latest: "gold" } })).seq).toBe(0);
    b.send({ type: "typing", room: "general" });
    world.enter("Carl", "general");
    expect(a.take().map(({ type, seq }) => [type, seq])).toEqual([
      ["n", undefined],
      ["n", undefined],
      ["n", undefined],
      ["user_typing", undefined],
      ["user_joined", undefined],
    ]);
    expect((await room.broadcast("n")).seq).toBe(1);
  });

  test("is remembered for a minute of a room that is empty and keeps nothing", async () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const room = world.hub.room("general");
    room.broadcast("n");
    const before = room.position;
    world.ask(a, leave("general"));
    world.clock.advance(59_999);
    world.ask(a, join("general"));
    expect(room.position).toEqual(before);
    expect((await room.broadcast("n")).seq).toBe(2);
  });

  test("is of another epoch when that minute is over", () => {
    const world = new World({ heartbeat: false });
    const a = world.enter("Alice", "general");
    const room = world.hub.room("general");
    room.broadcast("n");
    const before = room.position;
    world.ask(a, leave("general"));
    world.clock.advance(60_000);
    expect(room.position).toBeUndefined();
    world.ask(a, join("general"));
    expect(room.position?.seq).toBe(0);
    expect(room.position?.epoch).not.toBe(before?.epoch);
  });

  test("is of its room alone, and no other room or hub has the same epoch", () => {
    const worlds = [new World(), new World()];
    const epochs = worlds.flatMap((world) => {
      world.enter("Alice", "general", "other");
      return ["general", "other"].map((name) => world.hub.room(name).position?.epoch);
    });
    expect(new Set(epochs).size).toBe(4);
  });

  test("that was handed out does not change any more", () => {
    const world = new World();
    world.enter("Alice", "general");
    const room = world.hub.room("general");
    const before = room.position;
    room.broadcast("n");
    expect([before?.seq, room.position?.seq]).toEqual([0, 1]);
  });
});

describe("a message that somebody is left out of", () => {
  test("is accounted for: they are told of its position, in order", () => {
    const world = new World();
    const [a, b] = [world.enter("Alice", "general"), world.enter("Bob", "general")];
    const room = world.hub.room("general");
    a.take();
    room.broadcast("n", 1);
    room.broadcast("n", 2, { except: world.client("alice") });
    room.broadcast("n", 3);
    world.clock.flush();
    expect(a.take().map(({ type, room, seq }) => [type, room, seq])).toEqual([
      ["n", "general", 1],
      ["skipped", "general", 2],
      ["n", "general", 3],
    ]);
    expect(b.take().map(({ type, seq }) => [type, seq])).toEqual([
      ["n", 1],
      ["n", 2],
      ["n", 3],
    ]);
  });

  test("is told of to members only, once each", () => {
    const world = new World();
    const [a, b] = [world.enter("Alice", "general"), world.enter("Bob")];
    const [alice, bob] = [world.client("alice"), world.client("bob")];
    const except = [alice, bob, alice].values();
    world.hub.room("general").broadcast("n", 1, { except });
    world.clock.flush();
    expect(a.take()).toEqual([{ type: "skipped", room: "general", seq: 1 }]);
    expect(b.take()).toEqual([]);
  });

  test("needs no word where it has no position, or where the ack says it", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const except = world.client("alice");
    world.hub.room("general").broadcast("n", 1, { except, policy: "drop" });
    expect(world.ask(a, say("general", "hello", "s")).map(({ type }) => type)).toEqual(["ack"]);
  });
});

describe("a broadcast with an unusable policy", () => {
  test.each([["never"], [{}], [{ latest: 7 }], [null]])("%j throws, and nobody is told", (bad) => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const policy = bad as "queue";
    for (const send of [
      () => world.hub.room("general").broadcast("n", 1, { policy }),
      () => world.hub.broadcast("n", 1, { policy }),
      () => world.hub.user("alice").send("n", 1, { policy }),
      () => world.client("alice").send("n", 1, { policy }),
    ]) {
      expect(send).toThrow(/policy must be "queue", "drop" or/);
    }
    world.clock.flush();
    expect(a.take()).toEqual([]);
    expect(world.hub.room("general").position?.seq).toBe(0);
  });
});
