import type { Envelope, HubOptions } from "roomcast";
import type { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { settle } from "../support/late-history.js";
import { join, leave, say, World } from "../support/world.js";

const MARK = 10_000;
/** Nine of these fit below the mark, ten do not. */
const TEXT = "x".repeat(1_000);
const HISTORY = { messages: 1_000, bytes: 1e9 };

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);
const seqs = (envelopes: Envelope[]) => envelopes.map(({ seq }) => seq);
const types = (envelopes: Envelope[]) => envelopes.map(({ type }) => type);

/** Bob is in some rooms and does not read, and has as much waiting as he may: `floods`, which are no room's. */
function stuck(options: HubOptions = {}, ...rooms: string[]) {
  const world = new World({ maxBufferedBytes: MARK, heartbeat: false, ...options });
  const names = rooms.length > 0 ? rooms : ["general"];
  const b = world.enter("Bob", ...names);
  const client = world.client("bob");
  const room = world.hub.room(names[0] as string);
  b.pause();
  for (let n = 0; n < 10; n++) client.send("flood", TEXT);
  world.clock.flush();
  /** Says something in a turn of its own. */
  const tell = (...payloads: unknown[]) => {
    for (const payload of payloads) {
      room.broadcast("n", payload);
      world.clock.flush();
    }
  };
  /** Bob reads all, and on; what he got but for the floods. */
  const read = () => {
    b.resume();
    world.clock.flush();
    return b.take().filter(({ type }) => type !== "flood");
  };
  return { world, b, client, room, tell, read };
}

/** Reads what waits, and no further. */
function readOn({ clock }: World, socket: MemorySocket): void {
  socket.resume();
  socket.pause();
  clock.flush();
}

describe("a client lags", () => {
  test("from the turn on in which more waits than maxBufferedBytes", () => {
    const world = new World({ maxBufferedBytes: MARK });
    const b = world.enter("Bob", "general");
    const room = world.hub.room("general");
    b.pause();
    while (b.bufferedAmount <= MARK) {
      expect(world.emitted("lag")).toEqual([]);
      room.broadcast("n", TEXT);
      world.clock.flush();
    }
    room.broadcast("n", TEXT);
    expect(world.emitted("lag")).toEqual([]);
    const waits = b.bufferedAmount;
    world.clock.flush();
    expect(world.emitted("lag")).toEqual([{ client: world.client("bob") }]);
    expect(world.hub.stats().lagging).toBe(1);
    expect(b.bufferedAmount).toBe(waits);
  });

  test("not where it reads before the next turn", () => {
    const { world, b, tell } = stuck();
    b.resume();
    tell(1);
    expect(b.take("n")).toHaveLength(1);
    expect(world.emitted("lag")).toEqual([]);
  });

  test("once, however much is said, and again when it has caught up in between", () => {
    const { world, b, client, tell, read } = stuck({ history: HISTORY });
    tell(1, 2, 3);
    read();
    expect(world.emitted("lag")).toHaveLength(1);
    b.pause();
    for (let n = 0; n < 10; n++) client.send("flood", TEXT);
    tell(4, 5);
    expect(world.emitted("lag")).toHaveLength(2);
    expect(seqs(read())).toEqual([4, 5]);
    expect(world.emitted("recovered")).toHaveLength(2);
    expect(world.hub.stats().lagging).toBe(0);
  });

  test("and bounds what waits, and harms nobody else", () => {
    const { world, b, tell } = stuck({ history: HISTORY });
    const a = world.enter("Alice", "general");
    const waits = b.bufferedAmount;
    tell(...upTo(200));
    expect(b.bufferedAmount).toBe(waits);
    expect(seqs(a.take())).toEqual(upTo(200));
  });
});

describe("a client that has lagged", () => {
  test("is caught up from history, in order, before it is live", () => {
    const { world, client, room, tell, read } = stuck({ history: HISTORY });
    tell(...upTo(50));
    expect(seqs(read())).toEqual(upTo(50));
    expect(world.emitted("recovered")).toEqual([{ client, replayed: 50, missed: 0 }]);
    expect(world.emitted("drop")).toEqual([]);
    expect(world.hub.stats()).toMatchObject({ lagging: 0, replayed: 50, missed: 0, dropped: 0 });
    room.broadcast("n", "live");
    expect(seqs(read())).toEqual([51]);
  });

  test("is told exactly which messages no history has any more", () => {
    const { world, client, tell, read } = stuck({ history: { messages: 3 } });
    tell(...upTo(10));
    expect(read()).toMatchObject([
      { type: "gap", room: "general", payload: { from: 1, to: 7 } },
      { seq: 8 },
      { seq: 9 },
      { seq: 10 },
    ]);
    expect(world.emitted("recovered")).toEqual([{ client, replayed: 3, missed: 7 }]);
    expect(world.emitted("drop")).toEqual([{ client, count: 7 }]);
    expect(world.hub.stats()).toMatchObject({ replayed: 3, missed: 7, dropped: 7 });
  });

  test("is told of the gap, and of nothing else, where nothing is kept", () => {
    const { tell, read } = stuck();
    tell(...upTo(10));
    expect(read()).toEqual([{ type: "gap", room: "general", payload: { from: 1, to: 10 } }]);
    tell(11);
    expect(seqs(read())).toEqual([11]);
  });

  test("is caught up in slices that do not make it lag again", () => {
    const { world, b, tell } = stuck({ history: HISTORY, lagTimeout: false });
    tell(...Array<string>(100).fill(TEXT));
    for (let slice = 0; slice < 40; slice++) {
      readOn(world, b);
      expect(b.bufferedAmount).toBeLessThanOrEqual(MARK);
    }
    b.resume();
    world.clock.flush();
    expect(seqs(b.take("n"))).toEqual(upTo(100));
    expect(world.emitted("lag")).toHaveLength(1);
  });

  test("is told of a gap that opens while it is being caught up", () => {
    const { world, b, tell, read } = stuck({ history: { messages: 10, bytes: 1e9 } });
    tell(...Array<string>(10).fill(TEXT));
    readOn(world, b);
    const first = b.bufferedAmount;
    expect(first).toBeGreaterThan(0);
    tell(...upTo(20, 11));
    const got = read();
    const at = types(got).indexOf("gap");
    expect(seqs(got.slice(0, at))).toEqual(upTo(at));
    expect(got[at]?.payload).toEqual({ from: at + 1, to: 10 });
    expect(seqs(got.slice(at + 1))).toEqual(upTo(20, 11));
  });

  test("is caught up also where its transport does not say that it drains", () => {
    const { world, b, tell } = stuck({ history: HISTORY });
    tell(1, 2);
    let waits = b.bufferedAmount;
    Object.defineProperty(b, "bufferedAmount", { get: () => waits });
    world.clock.advance(1_000);
    expect(world.hub.stats().lagging).toBe(1);
    waits = 0;
    world.clock.advance(250);
    expect(world.hub.stats()).toMatchObject({ lagging: 0, replayed: 2 });
  });

  test("was left out of some of it: it is told so, in order", () => {
    const { client, room, tell, read } = stuck({ history: HISTORY });
    tell(1);
    room.broadcast("n", 2, { except: client });
    tell(3);
    expect(read().map(({ type, seq }) => [type, seq])).toEqual([
      ["n", 1],
      ["skipped", 2],
      ["n", 3],
    ]);
  });

  test("gets its own acks at once, and the messages between later", () => {
    const { world, b, client, tell, read } = stuck({ history: HISTORY });
    tell(1);
    expect(world.ask(b, say("general", "mine", "s"))).toEqual([]);
    tell(3);
    const got = read();
    expect(got[0]).toMatchObject({ type: "ack", id: "s", seq: 2 });
    expect(got.slice(1).map(({ type, seq }) => [type, seq])).toEqual([
      ["n", 1],
      ["skipped", 2],
      ["n", 3],
    ]);
    expect(world.emitted("recovered")).toEqual([{ client, replayed: 2, missed: 0 }]);
  });

  test("has missed nothing of what it said itself, though it be in a gap", () => {
    const { world, b, client, tell, read } = stuck();
    tell(1);
    b.send(say("general", "mine", "s"));
    tell(3);
    expect(read()).toMatchObject([{ type: "ack", seq: 2 }, { payload: { from: 1, to: 3 } }]);
    expect(world.emitted("recovered")).toEqual([{ client, replayed: 0, missed: 2 }]);
    expect(world.hub.stats()).toMatchObject({ missed: 2, dropped: 2 });
  });

  test("is caught up in each of its rooms, as far as each is kept", () => {
    const { world, read } = stuck(
      { history: (name) => name !== "fleeting" && HISTORY },
      "kept",
      "fleeting",
      "silent",
    );
    for (const n of [1, 2]) {
      for (const name of ["kept", "fleeting"]) world.hub.room(name).broadcast("n", n);
      world.clock.flush();
    }
    const got = read();
    expect(got.filter(({ room }) => room === "kept").map(({ seq }) => seq)).toEqual([1, 2]);
    expect(got.filter(({ room }) => room === "fleeting")).toEqual([
      { type: "gap", room: "fleeting", payload: { from: 1, to: 2 } },
    ]);
    expect(got).toHaveLength(3);
  });

  test("hears of who came and went by a new room_info, which is its position too", () => {
    const { world, room, tell, read } = stuck({ history: HISTORY });
    tell(1);
    world.enter("Alice", "general");
    world.enter("Carl", "general").hangUp();
    tell(2);
    expect(read()).toMatchObject([
      { seq: 1 },
      { seq: 2 },
      {
        type: "room_info",
        ...room.position,
        payload: { users: [{ id: "bob" }, { id: "alice" }], count: 2 },
      },
    ]);
  });

  test("and is still being caught up in one room is sent what concerns another at once", () => {
    const { world, b, tell } = stuck({ history: HISTORY }, "general", "other");
    tell(...upTo(40).map(() => TEXT));
    readOn(world, b);
    expect(b.bufferedAmount).toBeGreaterThan(0);
    world.hub.room("other").broadcast("wave", "hello", { policy: "drop" });
    world.clock.flush();
    readOn(world, b);
    expect(types(b.take())).toContain("wave");
  });

  test("hears of no room where nobody came or went", () => {
    const { world, tell, read } = stuck({ history: HISTORY }, "general", "other");
    tell(1);
    world.enter("Alice", "other");
    world.clock.flush();
    expect(read().map(({ type, room }) => [type, room])).toEqual([
      ["n", "general"],
      ["room_info", "other"],
    ]);
  });
});

describe("while a client lags", () => {
  test("answers, requests, and what is sent to it or to all overtake", () => {
    const { world, b, client, tell, read } = stuck({ history: HISTORY });
    tell(1);
    world.hub.handle("echo", (_, { payload }) => payload);
    b.send({ type: "echo", payload: "e", id: "e" });
    client.send("direct");
    world.hub.broadcast("all");
    void client.request("ready?");
    b.send(join("other", "j"));
    world.clock.flush();
    expect(types(read())).toEqual(["ack", "direct", "all", "ready?", "room_info", "n"]);
  });

  test("what may be dropped is dropped, and counted once a turn", () => {
    const { world, client, room, read } = stuck();
    for (const payload of [1, 2, 3]) room.broadcast("wave", payload, { policy: "drop" });
    room.broadcast("wave", 4, { policy: "drop" });
    client.send("direct", 5, { policy: "drop" });
    world.hub.broadcast("all", 6, { policy: "drop" });
    world.clock.flush();
    expect(read()).toEqual([]);
    expect(world.emitted("drop")).toEqual([{ client, count: 6 }]);
    expect(world.hub.stats()).toMatchObject({ dropped: 6, missed: 0 });
  });

  test("the newest message of each key waits for it, and nobody misses the others", () => {
    const { world, client, room, read } = stuck({}, "general", "other");
    const latest = (key: string) => ({ policy: { latest: key } });
    for (const price of [1, 2, 3]) {
      room.broadcast("price", price, latest("gold"));
      world.hub.room("other").broadcast("price", price * 10, latest("gold"));
    }
    room.broadcast("price", 4, latest("tin"));
    client.send("score", 5, latest("gold"));
    world.hub.broadcast("score", 6, latest("gold"));
    world.clock.flush();
    expect(read().map(({ type, room, payload }) => [type, room, payload])).toEqual([
      ["price", "general", 3],
      ["price", "other", 30],
      ["price", "general", 4],
      ["score", undefined, 6],
    ]);
    expect(world.emitted("drop")).toEqual([]);
  });

  test("a key is of one room, whatever characters room and key are made of", () => {
    const names = ["desk", "desk\nx", 'desk","x', '["desk"', "desk\\"];
    const { world, read } = stuck({}, ...names);
    const pairs = names.flatMap((room) => ["y", "x\ny", 'x","y', '"y'].map((key) => [room, key]));
    for (const [room = "", key = ""] of pairs) {
      world.hub.room(room).broadcast("cursor", key, { policy: { latest: key } });
    }
    world.clock.flush();
    expect(read().map(({ room, payload }) => [room, payload])).toEqual(pairs);
  });

  test("a thousand keys wait at most: of more, those that were heard of first are dropped", () => {
    const { world, client, room, read } = stuck({ lagTimeout: false });
    for (let key = 0; key <= 1_000; key++) {
      room.broadcast("price", key, { policy: { latest: `${key}` } });
    }
    room.broadcast("price", 1_001, { policy: { latest: "1" } });
    world.clock.flush();
    expect(read().map(({ payload }) => payload)).toEqual([...upTo(1_000, 2), 1_001]);
    expect(world.emitted("drop")).toEqual([{ client, count: 1 }]);
  });

  test("the newest of a key comes before what history has, and goes on when live", () => {
    const { room, tell, read } = stuck({ history: HISTORY });
    tell(1);
    room.broadcast("price", 1, { policy: { latest: "gold" } });
    expect(types(read())).toEqual(["price", "n"]);
    room.broadcast("price", 2, { policy: { latest: "gold" } });
    room.broadcast("price", 3, { policy: { latest: "gold" } });
    expect(read().map(({ payload }) => payload)).toEqual([2, 3]);
  });

  test("a room that it leaves is not caught up, and what was said there counts as dropped", () => {
    const { world, b, client, room, tell, read } = stuck({ history: HISTORY });
    tell(1, 2);
    b.send(say("general", "mine"));
    world.enter("Alice", "general");
    room.broadcast("price", 1, { policy: { latest: "gold" } });
    b.send(leave("general", "l"));
    world.clock.flush();
    tell(4);
    expect(types(read())).toEqual(["ack", "ack"]);
    expect(world.emitted("drop")).toEqual([{ client, count: 2 }]);
    expect(world.emitted("recovered")).toEqual([{ client, replayed: 0, missed: 0 }]);
  });

  test("a room that it leaves and joins again begins where it is then", () => {
    const { world, b, tell, read } = stuck({ history: HISTORY });
    world.enter("Alice", "general");
    tell(1, 2);
    b.send(leave("general"));
    b.send(join("general", "j"));
    tell(3);
    const got = read().filter(({ type }) => type !== "ack");
    expect(got).toMatchObject([
      { type: "room_info", id: "j", seq: 2 },
      { type: "n", seq: 3 },
    ]);
  });

  test("a second join states its position, from which it is caught up", () => {
    const { world, b, tell, read } = stuck({ history: HISTORY });
    tell(1, 2);
    b.send(join("general", "j"));
    world.clock.flush();
    expect(seqs(read())).toEqual([0, 1, 2]);
  });

  test("its user is shown as ever, and typing goes out with it", () => {
    const { world, b, tell } = stuck({ history: HISTORY });
    const a = world.enter("Alice", "general");
    tell(1);
    b.send({ type: "typing", room: "general" });
    world.clock.flush();
    expect(types(a.take())).toEqual(["n", "user_typing"]);
  });
});

describe("a client is closed with 4000, to come back,", () => {
  test("when twice maxBufferedBytes wait, of what cannot be left out", () => {
    const { world, b, client, tell } = stuck({ history: HISTORY });
    while (client.isOpen) {
      client.send("direct", TEXT);
      world.clock.flush();
      expect(b.bufferedAmount).toBeLessThan(2 * MARK + 1_100);
    }
    expect(b.closed).toMatchObject({ code: 4_000, reason: "You read too slowly; reconnect." });
    expect(b.bufferedAmount).toBeGreaterThan(2 * MARK - 1_100);
    expect(world.emitted("drop").length).toBeGreaterThan(0);
    tell(1);
    expect(world.hub.stats().lagging).toBe(0);
  });

  test.each(["x", "€"])("also by a single turn that brings as much of %s", (character) => {
    const world = new World({ maxBufferedBytes: 1_000_000 });
    const b = world.enter("Bob");
    b.pause();
    const client = world.client("bob");
    while (b.bufferedAmount <= 1_000_000) {
      client.send("flood", character.repeat(10_000));
      world.clock.flush();
    }
    for (let n = 0; n < 2_000; n++) client.send("direct", character.repeat(1_000));
    world.clock.flush();
    expect(b.closed).toMatchObject({ code: 4_000 });
    // What a turn brings is written in pieces of 65,536 characters.
    expect(b.bufferedAmount).toBeLessThan(2_000_000 + 3 * 70_000);
  });

  test("and cut off when it does not take that either", () => {
    const { world, b, client, tell } = stuck({ lagTimeout: 5_000 });
    b.close = () => {};
    tell(1);
    world.clock.advance(5_250);
    expect([client.isOpen, b.closed]).toEqual([false, undefined]);
    world.clock.advance(5_000);
    expect(b.closed).toMatchObject({ code: 1_006 });
    expect(world.emitted("disconnect")).toMatchObject([{ reason: "It did not finish closing." }]);
  });

  test("when it has lagged for lagTimeout", () => {
    const { world, b, tell } = stuck({ lagTimeout: 5_000, history: HISTORY });
    tell(1);
    world.clock.advance(4_999);
    expect(b.closed).toBeUndefined();
    world.clock.advance(251);
    expect(b.closed).toMatchObject({ code: 4_000 });
    expect(world.emitted("leave")).toMatchObject([{ reason: "timeout" }]);
    expect(world.clock.pendingTimers).toBe(1); // The dormant room's.
  });

  test("by default after 30 seconds", () => {
    const { world, b, tell } = stuck();
    tell(1);
    world.clock.advance(29_999);
    expect(b.closed).toBeUndefined();
    world.clock.advance(251);
    expect(b.closed).toMatchObject({ code: 4_000 });
  });

  test.each([10, 100, 249, 250, 1_000])(
    "when it has lagged for lagTimeout though it reads a little every %d ms",
    (every) => {
      const { world, b, tell } = stuck({ lagTimeout: 5_000, history: HISTORY });
      tell(TEXT);
      for (let waited = 0; waited <= 5_250 + every; waited += every) {
        // More is said than is read.
        tell(...Array<string>(10).fill(TEXT));
        readOn(world, b);
        world.clock.advance(every);
      }
      expect(b.closed).toMatchObject({ code: 4_000 });
    },
  );

  test("never for its lag alone where lagTimeout is false", () => {
    const { world, b, tell, read } = stuck({ lagTimeout: false, history: HISTORY });
    tell(1);
    world.clock.advance(290_000);
    expect(b.closed).toBeUndefined();
    expect(seqs(read())).toEqual([1]);
  });

  test("not when it has caught up in time, however often it lags", () => {
    const { world, b, client, tell, read } = stuck({ lagTimeout: 5_000, history: HISTORY });
    for (let round = 0; round < 5; round++) {
      tell(round);
      world.clock.advance(4_000);
      read();
      b.pause();
      for (let n = 0; n < 10; n++) client.send("flood", TEXT);
      world.clock.flush();
    }
    expect(b.closed).toBeUndefined();
    expect(world.emitted("recovered")).toHaveLength(5);
  });
});

describe("a client that goes while it lags", () => {
  test("is no more counted, and leaves no timer behind", () => {
    for (const end of ["cut", "hangUp", "close", "terminate"] as const) {
      const { world, b, client, tell } = stuck({ presence: "none" });
      world.enter("Alice", "general");
      tell(1);
      expect([world.hub.stats().lagging, world.clock.pendingTimers]).toEqual([1, 1]);
      if (end === "cut" || end === "hangUp") b[end]();
      else client[end]();
      world.clock.flush();
      expect([world.hub.stats().lagging, world.clock.pendingTimers]).toEqual([0, 0]);
      expect(world.emitted("recovered")).toEqual([]);
    }
  });

  test("in the turn in which it begins to, never lagged", () => {
    const { world, b, room } = stuck({ presence: "none" });
    world.enter("Alice", "general");
    room.broadcast("n");
    b.cut();
    world.clock.flush();
    expect(world.emitted("lag")).toEqual([]);
    expect([world.hub.stats().lagging, world.clock.pendingTimers]).toEqual([0, 0]);
  });

  test("because the hub closes gets what is queued, and leaves no timer behind", async () => {
    const { world, b, client, tell } = stuck();
    tell(1);
    client.send("direct", "last");
    const closed = world.hub.close();
    world.clock.flush();
    await closed;
    b.resume();
    expect(types(b.take()).at(-1)).toBe("direct");
    expect(world.clock.pendingTimers).toBe(0);
  });
});

test("a lag listener that throws is reported, and the client is looked after all the same", () => {
  const { world, tell, read } = stuck({ history: HISTORY });
  world.hub.on("lag", () => {
    throw new Error("listener");
  });
  tell(1);
  expect(seqs(read())).toEqual([1]);
  expect(world.emitted("error")).toMatchObject([{ error: { code: "LISTENER_FAILED" } }]);
});

test("catching up and live rooms keep one order each, under any mixture", async () => {
  const { world, b } = stuck({ history: HISTORY, lagTimeout: false }, "one", "two", "three");
  const said = new Map<string, number>();
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let step = 0; step < 2_000; step++) {
    const name = ["one", "two", "three"][random(3)] as string;
    const { seq } = await world.hub.room(name).broadcast("n", TEXT);
    said.set(name, seq);
    if (random(3) === 0) world.clock.flush();
    if (random(4) === 0) readOn(world, b);
  }
  b.resume();
  await settle(world);
  const got = b.take().filter(({ type }) => type !== "flood");
  for (const [name, last] of said) {
    let seq = 0;
    for (const { type, payload, ...message } of got.filter(({ room }) => room === name)) {
      const gap = payload as { from: number; to: number };
      expect(type === "gap" ? gap.from : message.seq).toBe(seq + 1);
      seq = type === "gap" ? gap.to : (message.seq as number);
    }
    expect(seq).toBe(last);
  }
});
