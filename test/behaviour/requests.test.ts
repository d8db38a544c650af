import type { Receipt, RequestOptions } from "roomcast";
import type { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { settle } from "../support/late-history.js";
import { leave, World } from "../support/world.js";

/** A room of three, and what became of requests as text: who, how, and what they said. */
function three() {
  const world = new World({ heartbeat: false });
  const [a, b, c] = ["Alice", "Bob", "Carl"].map((name) => world.enter(name, "general")) as [
    MemorySocket,
    MemorySocket,
    MemorySocket,
  ];
  for (const socket of [a, b, c]) socket.take();
  return { world, a, b, c, room: world.hub.room("general") };
}

const shown = ({ user, status, payload }: Receipt) => [user.id, status, payload] as const;

/** Answers what the server asked last. */
function reply(world: World, socket: MemorySocket, payload?: unknown): void {
  world.clock.flush();
  const asked = socket.take().findLast(({ id }) => id?.startsWith("#"));
  socket.send({ type: "ack", id: asked?.id, payload });
}

/** What has come so far. */
function collect(receipts: AsyncIterable<Receipt>) {
  const seen: ReturnType<typeof shown>[] = [];
  const done = (async () => {
    for await (const receipt of receipts) seen.push(shown(receipt));
  })();
  return { seen, done, statuses: () => seen.map(([, status]) => status) };
}

describe("a request to a room", () => {
  test("is a message of the room with an id of the server's, and no position", () => {
    const { world, a, room } = three();
    room.request("ready?", { round: 3 });
    room.request("ready?", { round: 4 });
    world.clock.flush();
    const [first, second] = a.take();
    expect(first).toEqual({
      type: "ready?",
      room: "general",
      payload: { round: 3 },
      id: expect.stringMatching(/^#/),
      timestamp: "2000-01-01T00:00:00.000Z",
    });
    expect(second?.id).not.toBe(first?.id);
    expect(room.position?.seq).toBe(0);
  });

  test("yields each answer as it comes, and ends with the last", async () => {
    const { world, a, b, c, room } = three();
    const { seen, done } = collect(room.request("ready?"));
    reply(world, b, "yes");
    await settle(world);
    expect(seen).toEqual([["bob", "ack", "yes"]]);
    reply(world, a, { not: "yet" });
    reply(world, c);
    await done;
    expect(seen.slice(1)).toEqual([
      ["alice", "ack", { not: "yet" }],
      ["carl", "ack", undefined],
    ]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("keeps answers for a caller who iterates later", async () => {
    const { world, a, b, c, room } = three();
    const receipts = room.request("ready?");
    for (const socket of [a, b, c]) reply(world, socket, 1);
    const { seen, done } = collect(receipts);
    await done;
    expect(seen).toHaveLength(3);
  });

  test("says who did not answer in time, ten seconds unless told otherwise", async () => {
    for (const timeout of [undefined, 10_000, 300]) {
      const { world, b, room } = three();
      const { seen, done } = collect(room.request("ready?", null, { timeout }));
      reply(world, b);
      world.clock.advance((timeout ?? 10_000) - 1);
      await settle(world);
      expect(seen).toEqual([["bob", "ack", undefined]]);
      world.clock.advance(1);
      await done;
      expect(seen.slice(1)).toEqual([
        ["alice", "timeout", undefined],
        ["carl", "timeout", undefined],
      ]);
    }
  });

  test.each<[string, (world: World, b: MemorySocket) => void]>([
    ["leaves", (_, b) => b.send(leave("general"))],
    ["is taken out", (world) => world.hub.revoke("bob", "general")],
    ["is closed", (world) => world.client("bob").close()],
    ["loses the connection", (_, b) => b.cut()],
  ])("says who %s before the answer", async (_, end) => {
    const { world, a, b, c, room } = three();
    const { seen, done } = collect(room.request("ready?"));
    world.clock.flush();
    end(world, b);
    await settle(world);
    expect(seen).toEqual([["bob", "left", undefined]]);
    reply(world, a);
    reply(world, c);
    await done;
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("asks each connection, and does not mind who leaves another room", async () => {
    const { world, room } = three();
    const tab = world.enter("Bob", "general", "other");
    const { seen } = collect(room.request("ready?"));
    world.ask(tab, leave("other"));
    reply(world, tab);
    await settle(world);
    expect(seen).toEqual([]);
  });

  test("asks those who are there now, and nobody who comes later", async () => {
    const { world, a, b, c, room } = three();
    const { seen, done } = collect(room.request("ready?"));
    const d = world.enter("Dora", "general");
    expect(d.take()).toEqual([]);
    for (const socket of [a, b, c]) reply(world, socket);
    await done;
    expect(seen).toHaveLength(3);
  });

  test.each<[string, (world: World) => RequestOptions["except"], string[]]>([
    ["one client", (world) => world.client("alice"), ["bob", "carl"]],
    ["several", (world) => [world.client("alice"), world.client("carl")], ["bob"]],
    ["nobody", () => [], ["alice", "bob", "carl"]],
  ])("leaves out %s", async (_, except, expected) => {
    const { world, a, b, c, room } = three();
    const { seen } = collect(room.request("ready?", null, { except: except(world) }));
    world.clock.flush();
    const asked = [a, b, c].flatMap((socket, n) =>
      socket.take().length > 0 ? [["alice", "bob", "carl"][n]] : [],
    );
    expect(asked).toEqual(expected);
    world.clock.advance(10_000);
    await settle(world);
    expect(seen).toHaveLength(expected.length);
  });

  test("of nobody ends at once", async () => {
    const { world, room } = three();
    const everybody = collect(room.request("ready?", null, { except: room.clients }));
    const nobody = collect(world.hub.room("empty").request("ready?"));
    await Promise.all([everybody.done, nobody.done]);
    expect([everybody.seen, nobody.seen]).toEqual([[], []]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("that the caller stops listening to is over: later answers are ignored", async () => {
    const { world, a, b, room } = three();
    const receipts = room.request("ready?");
    reply(world, a);
    for await (const receipt of receipts) {
      expect(shown(receipt)).toEqual(["alice", "ack", undefined]);
      break;
    }
    expect(world.clock.pendingTimers).toBe(0);
    reply(world, b);
    expect(await receipts.next()).toEqual({ done: true, value: undefined });
    expect(b.take()).toEqual([]);
  });

  test("that nobody listens to is over when its time is", async () => {
    const { world, a, room } = three();
    const receipts = room.request("ready?", null, { timeout: 500 });
    expect(world.clock.pendingTimers).toBe(1);
    world.clock.advance(500);
    expect(world.clock.pendingTimers).toBe(0);
    reply(world, a, "late");
    const { statuses, done } = collect(receipts);
    await done;
    expect(statuses()).toEqual(["timeout", "timeout", "timeout"]);
  });

  test("takes one answer of each, and none of those who were not asked", async () => {
    const { world, a, b, c, room } = three();
    const except = world.client("carl");
    const { seen, done } = collect(room.request("ready?", null, { except }));
    world.clock.flush();
    const [{ id } = {}] = a.take();
    const stranger = world.connect("Dora");
    for (const socket of [c, stranger]) socket.send({ type: "ack", id, payload: "made up" });
    for (const payload of ["first", "second"]) a.send({ type: "ack", id, payload });
    a.send({ type: "ack", id: "#zzz" });
    a.send({ type: "ack" });
    reply(world, b);
    await done;
    expect(seen).toEqual([
      ["alice", "ack", "first"],
      ["bob", "ack", undefined],
    ]);
    world.clock.flush();
    expect([a.take(), c.take(), stranger.take()]).toEqual([[], [], []]);
  });

  test("may be one of several, each with its own answers", async () => {
    const { world, a, room } = three();
    const except = [world.client("bob"), world.client("carl")];
    const [one, two] = ["one", "two"].map((type) => collect(room.request(type, null, { except })));
    world.clock.flush();
    const asked = a.take();
    for (const { type, id } of asked.reverse()) a.send({ type: "ack", id, payload: type });
    await Promise.all([one?.done, two?.done]);
    expect([one?.seen[0], two?.seen[0]]).toEqual([
      ["alice", "ack", "one"],
      ["alice", "ack", "two"],
    ]);
  });

  test("is answered by all when the hub closes: they left", async () => {
    const { world, room } = three();
    const { statuses, done } = collect(room.request("ready?"));
    const closed = world.hub.close();
    world.clock.flush();
    await Promise.all([closed, done]);
    expect(statuses()).toEqual(["left", "left", "left"]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test.each<[object, RegExp]>([
    [{ timeout: 0 }, /timeout must be a number above 0; got 0/],
    [{ timeout: Number.POSITIVE_INFINITY }, /timeout .* got Infinity/],
    [{ timeout: "1" }, /timeout .* got "1"/],
    [{ timeot: 1 }, /Unknown option "timeot". Options: timeout, except/],
  ])("with %j throws, and asks nobody", (options, text) => {
    const { world, a, room } = three();
    const request = () => room.request("ready?", null, options);
    expect(request).toThrow(text);
    expect(request).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    world.clock.flush();
    expect([a.take(), world.clock.pendingTimers]).toEqual([[], 0]);
  });

  test("with a payload that is no JSON throws, and asks nobody", () => {
    const { world, a, room } = three();
    expect(() => room.request("ready?", 1n)).toThrow(TypeError);
    world.clock.flush();
    expect([a.take(), world.clock.pendingTimers]).toEqual([[], 0]);
  });
});

describe("a request to one client", () => {
  test("resolves with the answer", async () => {
    const { world, a, b } = three();
    const receipt = world.client("alice").request("ready?", { round: 3 });
    world.clock.flush();
    const [asked] = a.take();
    expect(asked).toMatchObject({ type: "ready?", payload: { round: 3 } });
    expect(asked).not.toHaveProperty("room");
    a.send({ type: "ack", id: asked?.id, payload: "yes" });
    expect(shown(await receipt)).toEqual(["alice", "ack", "yes"]);
    expect([b.take(), world.clock.pendingTimers]).toEqual([[], 0]);
  });

  test("resolves when its time is over", async () => {
    for (const timeout of [undefined, 300]) {
      const { world } = three();
      const receipt = world.client("alice").request("ready?", null, { timeout });
      world.clock.advance(timeout ?? 10_000);
      expect(shown(await receipt)).toEqual(["alice", "timeout", undefined]);
    }
  });

  test("resolves when the client is gone, and does not mind which rooms it leaves", async () => {
    const { world, a } = three();
    const receipt = world.client("alice").request("ready?");
    world.ask(a, leave("general"));
    world.hub.revoke("alice");
    expect(world.clock.pendingTimers).toBe(1);
    a.cut();
    expect(shown(await receipt)).toEqual(["alice", "left", undefined]);
  });

  test("who is closed already resolves at once", async () => {
    const { world, a } = three();
    const client = world.client("alice");
    a.cut();
    const timers = world.clock.pendingTimers;
    expect(shown(await client.request("ready?"))).toEqual(["alice", "left", undefined]);
    expect(world.clock.pendingTimers).toBe(timers);
  });

  test.each<[object, RegExp]>([
    [{ timeout: 0 }, /timeout must be a number above 0; got 0/],
    [{ timeot: 1 }, /Unknown option "timeot"/],
  ])("with %j is INVALID_OPTION, and asks nobody", async (options, text) => {
    const { world, a } = three();
    const client = world.client("alice");
    const request = async () => client.request("ready?", null, options as { timeout: number });
    await expect(request()).rejects.toThrow(text);
    await expect(request()).rejects.toMatchObject({ code: "INVALID_OPTION" });
    world.clock.flush();
    expect([a.take(), world.clock.pendingTimers]).toEqual([[], 0]);
  });
});
