import type { Client, Envelope, Position } from "roomcast";
import type { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { LateHistory, settle } from "../support/late-history.js";
import { join, leave, World } from "../support/world.js";

/** History shows nobody what was said while they were out by decision, whatever had to be waited for meanwhile. */

interface Scene {
  readonly world: World;
  /** A connection of Alice's that is in the room, alone of hers. */
  readonly socket: MemorySocket;
  readonly client: Client;
}

const WAYS: readonly (readonly [string, (scene: Scene) => void])[] = [
  ["leave_room", ({ socket }) => socket.send(leave("general"))],
  ["a goodbye", ({ socket }) => socket.hangUp()],
  ["client.leave", ({ client }) => void client.leave("general")],
  ["client.close", ({ client }) => client.close(4_500)],
  ["hub.revoke", ({ world }) => void world.hub.revoke("alice", "general")],
  ["hub.revoke from all rooms", ({ world }) => void world.hub.revoke("alice")],
];

function enter(options: object = {}) {
  const historyStore = new LateHistory("when answered");
  const world = new World({ history: {}, historyStore, heartbeat: false, ...options });
  world.enter("Bob", "general");
  const socket = world.enter("Alice", "general");
  const client = world.client("alice");
  const room = world.hub.room("general");
  const since = room.position as Position;
  const say = (payload: string) => void room.broadcast("n", payload);
  return { world, historyStore, socket, client, since, say };
}

const said = (received: Envelope[]) =>
  received.filter(({ type }) => type === "n").map(({ payload }) => payload);

const rejoin = (wanted: object): Envelope => ({
  type: "join_room",
  payload: { room_id: "general", ...wanted },
  id: "again",
});

describe.each(WAYS)("who leaves by %s is not shown what is said then,", (_, leaveBy) => {
  test.each([
    ["by the position from before", (since: Position) => ({ since })],
    ["by the last messages", () => ({ last: 10 })],
    ["by either", (since: Position) => ({ since, last: 10 })],
  ])("by a join on another connection that waits for the history: %s", async (_, wanted) => {
    const scene = enter();
    scene.say("before");
    const other = scene.world.connect("Alice");
    other.send(rejoin(wanted(scene.since)));
    await settle(scene.world);
    leaveBy(scene);
    scene.say("secret");
    await scene.historyStore.answerAll(scene.world);
    expect(said(other.take())).toEqual([]);
  });

  test("by a join that waits for authorize", async () => {
    const answers: (() => void)[] = [];
    const authorize = (client: Client) =>
      client.data["waits"] === true
        ? new Promise<boolean>((answer) => answers.push(() => answer(true)))
        : true;
    const scene = enter({ authorize });
    scene.say("before");
    const other = scene.world.connect("Alice");
    scene.world.client("alice").data["waits"] = true;
    other.send(rejoin({ since: scene.since, last: 10 }));
    await settle(scene.world);
    leaveBy(scene);
    scene.say("secret");
    for (const answer of answers) answer();
    await scene.historyStore.answerAll(scene.world);
    expect(said(other.take())).toEqual([]);
  });

  test("however short the moment between the history's answer and the entry is", async () => {
    for (let moments = 0; moments < 12; moments++) {
      const scene = enter();
      scene.say("before");
      const other = scene.world.connect("Alice");
      const again = scene.world.client("alice");
      other.send(rejoin({ since: scene.since }));
      await settle(scene.world);
      scene.historyStore.reads.shift()?.answer();
      for (let moment = 0; moment < moments; moment++) await Promise.resolve();
      const wasIn = again.rooms.size > 0;
      leaveBy(scene);
      // Who is in on another connection has not left.
      const isIn = wasIn && again.rooms.size > 0;
      scene.say("secret");
      await scene.historyStore.answerAll(scene.world);
      const expected = isIn ? ["before", "secret"] : [];
      expect(said(other.take()).filter((text) => isIn || text === "secret")).toEqual(expected);
    }
  });

  test("while what was missed is still being read", async () => {
    for (const comesBack of [false, true]) {
      const scene = enter({ history: { messages: 1_000 } });
      scene.socket.cut();
      for (let n = 0; n < 600; n++) scene.say(`before ${n}`);
      const socket = scene.world.connect("Alice");
      const client = scene.world.client("alice");
      socket.send(rejoin({ since: scene.since }));
      await settle(scene.world);
      // The first part comes, and the second is asked for.
      scene.historyStore.reads.shift()?.answer();
      await settle(scene.world);
      expect([client.rooms.size, scene.historyStore.reads.length]).toEqual([1, 1]);
      leaveBy({ ...scene, socket, client });
      scene.say("secret");
      if (comesBack) {
        const last = client.isOpen ? socket : scene.world.connect("Alice");
        last.send(rejoin({ since: { ...scene.since, seq: 300 }, last: 10 }));
        await scene.historyStore.answerAll(scene.world);
        expect(said(last.take())).not.toContain("secret");
      }
      await scene.historyStore.answerAll(scene.world);
      expect(said(socket.take())).not.toContain("secret");
    }
  });

  test("when it comes back, at once or once its room has died down", async () => {
    for (const isAlone of [false, true]) {
      const scene = enter();
      if (isAlone) scene.world.client("bob").leave("general");
      scene.say("before");
      leaveBy(scene);
      scene.say("secret");
      for (const wanted of [{ since: scene.since }, { last: 10 }]) {
        const again = scene.world.connect("Alice");
        again.send(rejoin(wanted));
        await scene.historyStore.answerAll(scene.world);
        expect(said(again.take())).toEqual([]);
        scene.world.client("alice").leave("general");
      }
    }
  });
});

test("a listener of drop that takes the client out ends what it is caught up with", () => {
  const world = new World({
    history: { messages: 5 },
    maxBufferedBytes: 1_000,
    heartbeat: false,
  });
  const socket = world.enter("Alice", "general");
  const room = world.hub.room("general");
  world.hub.on("drop", ({ client }) => {
    if (client.leave("general")) void room.broadcast("n", "secret");
  });
  socket.pause();
  for (let n = 0; n < 40; n++) {
    void room.broadcast("n", "x".repeat(100));
    world.clock.flush();
  }
  socket.take();
  socket.resume();
  world.clock.advance(1_000);
  const received = socket.take();
  expect(received.map(({ type }) => type)).toContain("gap");
  expect([received.at(-1)?.type, said(received)]).toEqual([
    "removed",
    expect.not.arrayContaining(["secret"]),
  ]);
  expect(world.client("alice").rooms.size).toBe(0);
});

test("what a user missed on a line that broke is still shown", async () => {
  const scene = enter();
  scene.socket.cut();
  scene.say("missed");
  const again = scene.world.connect("Alice");
  again.send(join("other"));
  again.send(rejoin({ since: scene.since }));
  await scene.historyStore.answerAll(scene.world);
  expect(said(again.take())).toEqual(["missed"]);
});
