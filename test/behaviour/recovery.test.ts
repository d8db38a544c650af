import { type Envelope, type HubOptions, MemoryHistory } from "roomcast";
import type { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { LateHistory, rejoin, settle } from "../support/late-history.js";
import { errorCode, join, leave, say, World } from "../support/world.js";

/** A room with Alice and Bob, who lost his line; `since` is where he was. */
function away(options: HubOptions = {}) {
  const world = new World({ history: {}, ...options });
  const alice = world.enter("Alice", "general");
  const bob = world.enter("Bob", "general");
  const room = world.hub.room("general");
  const { epoch = "", seq = 0 } = room.position ?? {};
  bob.cut();
  world.clock.flush();
  alice.take();
  const say = (...payloads: unknown[]) => {
    for (const payload of payloads) room.broadcast("n", payload);
  };
  return { world, alice, room, since: { epoch, seq }, say };
}

const payloads = (envelopes: Envelope[]) => envelopes.map(({ payload }) => payload);
const seqs = (envelopes: Envelope[]) => envelopes.map(({ seq }) => seq);
const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe("a user who comes back to a room", () => {
  test("gets the old position, then exactly what was missed, then what follows", () => {
    const { world, room, since, say } = away();
    say("missed 1", "missed 2");
    room.broadcast("n", "of the moment", { policy: "drop" });
    const b = world.connect("Bob");
    b.send(rejoin("general", since));
    say("live");
    world.clock.flush();
    const [info, ...messages] = b.take();
    expect(info).toMatchObject({
      type: "room_info",
      id: "again",
      ...since,
      payload: { recovered: true, users: [{ id: "alice" }, { id: "bob" }] },
    });
    expect(messages).toMatchObject([
      { type: "n", seq: 1, payload: "missed 1", timestamp: expect.any(String) },
      { type: "n", seq: 2, payload: "missed 2" },
      { type: "n", seq: 3, payload: "live" },
    ]);
    expect(world.hub.stats()).toMatchObject({ replayed: 2, missed: 0, lagging: 0 });
  });

  test("gets what they had said themselves, as a message with its sender", () => {
    const world = new World({ history: {} });
    const b = world.enter("Bob", "general");
    world.enter("Alice", "general");
    const since = world.hub.room("general").position;
    b.send(say("general", "was it taken?"));
    b.cut();
    const [, message] = world.ask(world.connect("Bob"), rejoin("general", since));
    expect(message).toMatchObject({ type: "new_message", seq: 1, sender: { id: "bob" } });
  });

  test("may do so any number of times, from any position since they came", () => {
    const { world, since, say } = away();
    say(1, 2, 3);
    for (const seq of [0, 2, 3, 1]) {
      const b = world.connect("Bob");
      const [info, ...missed] = world.ask(b, rejoin("general", { ...since, seq }));
      expect(info).toMatchObject({ seq, payload: { recovered: true } });
      expect(payloads(missed)).toEqual(upTo(3, seq + 1));
      b.cut();
    }
  });

  test("is not told of who came and went, but of who is there", () => {
    const { world, since, say } = away();
    world.enter("Carl", "general");
    say("missed");
    const [info, ...missed] = world.ask(world.connect("Bob"), rejoin("general", since));
    expect(info).toMatchObject({ payload: { count: 3 } });
    expect(missed).toMatchObject([{ payload: "missed" }]);
  });

  test("who missed nothing has lost nothing, also where nothing is kept", () => {
    const { world, since, say } = away({ history: false });
    const b = world.connect("Bob");
    b.send(rejoin("general", since));
    say("live");
    world.clock.flush();
    expect(b.take()).toMatchObject([
      { seq: 0, payload: { recovered: true } },
      { seq: 1, payload: "live" },
    ]);
  });

  test("who was alone there, and missed nothing, has lost nothing either", () => {
    const { world, alice, since } = away({ history: false });
    alice.cut();
    world.clock.advance(59_999);
    const answer = world.ask(world.connect("Bob"), rejoin("general", since));
    expect(answer).toMatchObject([{ ...since, payload: { recovered: true } }]);
  });

  test("of whom nothing is asked is not told whether anything was lost", async () => {
    const { world, say } = away();
    say("missed");
    const [info, ...rest] = world.ask(world.connect("Bob"), join("general"));
    expect(info?.payload).not.toHaveProperty("recovered");
    expect([info?.seq, rest]).toEqual([1, []]);
  });
});

describe("nothing of what was missed comes, and the answer says so,", () => {
  /** What Bob gets who comes back, and what he hears then. */
  function comeBack({ world, room }: ReturnType<typeof away>, since: unknown): Envelope[] {
    const b = world.connect("Bob");
    const answer = world.ask(b, rejoin("general", since));
    room.broadcast("n", "live");
    world.clock.flush();
    expect(b.take()).toMatchObject([{ seq: room.position?.seq, payload: "live" }]);
    return answer;
  }

  const lost = (seq: number) => [{ type: "room_info", seq, payload: { recovered: false } }];

  test("where the position is of another epoch", () => {
    const scene = away();
    scene.say(1);
    expect(comeBack(scene, { epoch: "other", seq: 0 })).toMatchObject(lost(1));
  });

  test("where the room has not got so far", () => {
    const scene = away();
    scene.say(1);
    expect(comeBack(scene, { ...scene.since, seq: 2 })).toMatchObject(lost(1));
  });

  test("where history does not reach back", () => {
    const scene = away({ history: { messages: 2 } });
    scene.say(1, 2, 3);
    expect(comeBack(scene, scene.since)).toMatchObject(lost(3));
  });

  test("where nothing is kept", () => {
    const scene = away({ history: false });
    scene.say(1);
    expect(comeBack(scene, scene.since)).toMatchObject(lost(1));
  });

  test("where the room has been empty for a minute, and nothing is kept", () => {
    const scene = away({ history: false });
    scene.alice.cut();
    scene.world.clock.advance(60_000);
    expect(comeBack(scene, scene.since)).toMatchObject(lost(0));
  });

  test("where the user never was there", () => {
    const { world, since, say } = away();
    say("not for Carl");
    expect(world.ask(world.connect("Carl"), rejoin("general", since))).toMatchObject(lost(1));
  });

  test("where it was said before the user came for the first time", () => {
    const { world, since, say } = away();
    say("not for Carl");
    const c = world.enter("Carl", "general");
    say("for Carl");
    c.cut();
    expect(world.ask(world.connect("Carl"), rejoin("general", since))).toMatchObject(lost(2));
    const d = world.ask(world.connect("Carl"), rejoin("general", { ...since, seq: 1 }));
    expect(d).toMatchObject([{ payload: { recovered: true } }, { payload: "for Carl" }]);
  });

  test.each<[string, (world: World, b: MemorySocket) => void]>([
    ["left by a message", (_, b) => b.send(leave("general"))],
    ["said goodbye", (_, b) => b.hangUp()],
    ["was taken out by the server", (world) => world.client("bob").leave("general")],
    ["was closed for good", (world) => world.client("bob").close(4_500)],
    ["was revoked from the room", (world) => world.hub.revoke("bob", "general")],
    ["was revoked from all rooms", (world) => world.hub.revoke("bob")],
  ])("where the user %s", (_, end) => {
    const world = new World({ history: {} });
    world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    const room = world.hub.room("general");
    const since = room.position;
    end(world, b);
    room.broadcast("n", "not for Bob");
    world.clock.flush();
    const again = world.connect("Bob");
    expect(world.ask(again, rejoin("general", since))).toMatchObject(lost(1));
    room.broadcast("n", "for Bob");
    again.cut();
    const third = world.ask(world.connect("Bob"), rejoin("general", { ...since, seq: 1 }));
    expect(third).toMatchObject([{ payload: { recovered: true } }, { payload: "for Bob" }]);
  });

  test("where the user was revoked while away, from a room that nobody is in any more", () => {
    const scene = away();
    scene.alice.cut();
    scene.world.hub.revoke("bob", "general");
    scene.say(1);
    expect(comeBack(scene, scene.since)).toMatchObject(lost(1));
  });

  test("where the user was revoked from all rooms, however many others are then", () => {
    for (const others of [0, 999, 1_000, 2_500]) {
      const scene = away();
      const { hub } = scene.world;
      scene.alice.cut();
      hub.revoke("bob");
      for (let n = 0; n < others; n++) hub.revoke(`u${n}`);
      scene.say(1);
      expect(comeBack(scene, scene.since)).toMatchObject(lost(1));
      // And what he may read from now on, those who are revoked later do not take away.
      for (let n = 0; n < others; n++) hub.revoke(`u${n}`);
      const since = hub.room("general").position;
      scene.world.client("bob").terminate();
      scene.world.clock.flush();
      scene.say(2);
      expect(comeBack(scene, since)).toMatchObject([
        { payload: { recovered: true } },
        { payload: 2 },
      ]);
    }
  });

  test("where the user is in the room already, and nothing changes", () => {
    const { world, alice, room, say } = away();
    const since = room.position;
    say(1);
    alice.send(rejoin("general", since));
    say(2);
    world.clock.flush();
    expect(alice.take()).toMatchObject([
      { seq: 1, payload: 1 },
      { type: "room_info", id: "again", seq: 1 },
      { seq: 2, payload: 2 },
    ]);
    expect(room.size).toBe(1);
  });
});

test("leaving on one of two tabs is no leaving: what is said then is recovered", () => {
  const world = new World({ history: {} });
  const tabs = [world.enter("Bob", "general"), world.enter("Bob", "general")] as const;
  world.enter("Alice", "general");
  const room = world.hub.room("general");
  const since = room.position;
  world.ask(tabs[0], leave("general"));
  room.broadcast("n", "for Bob");
  tabs[1].cut();
  const answer = world.ask(world.connect("Bob"), rejoin("general", since));
  expect(answer).toMatchObject([{ payload: { recovered: true } }, { payload: "for Bob" }]);
});

test.each<[unknown]>([
  [null],
  ["epoch"],
  [{}],
  [{ epoch: 1, seq: 1 }],
  [{ epoch: "e", seq: "1" }],
  [{ epoch: "e", seq: -1 }],
  [{ epoch: "e", seq: 0.5 }],
])("since: %j is INVALID_PAYLOAD, and lets nobody in", (since) => {
  const { world } = away();
  const b = world.connect("Bob");
  expect(errorCode(world.ask(b, rejoin("general", since)))).toBe("INVALID_PAYLOAD");
  expect(world.client("bob").rooms.size).toBe(0);
});

describe("what was missed, if it is much,", () => {
  const text = "x".repeat(1_000);
  const much = { messages: 1_000, bytes: 1e9 };

  test("comes whole, in order, and live messages after it", () => {
    const { world, since, say } = away({ history: much });
    say(...upTo(700));
    const b = world.connect("Bob");
    b.send(rejoin("general", since));
    say("live");
    world.clock.flush();
    expect(seqs(b.take())).toEqual([0, ...upTo(701)]);
  });

  test.each([
    ["", "x".repeat(1_000)],
    [", also where a character is three bytes", "€".repeat(400)],
  ])("waits for a slow reader in slices that are within maxBufferedBytes%s", (_, text) => {
    const { world, since, room, say } = away({ history: much, maxBufferedBytes: 10_000 });
    say(...Array<string>(100).fill(text));
    const b = world.connect("Bob");
    b.pause();
    b.send(rejoin("general", since));
    let peak = 0;
    for (let slice = 0; slice < 100; slice++) {
      world.clock.flush();
      peak = Math.max(peak, b.bufferedAmount);
      b.resume();
      b.pause();
    }
    b.resume();
    room.broadcast("n", "live");
    world.clock.flush();
    expect(seqs(b.take())).toEqual([0, ...upTo(101)]);
    expect(peak).toBeLessThanOrEqual(10_000);
    expect(world.events.filter(([name]) => name === "lag" || name === "drop")).toEqual([]);
  });

  test("is gapless to one who sends while it comes: the ack runs ahead", () => {
    const { world, since, say: tell } = away({ history: much, maxBufferedBytes: 10_000 });
    tell(...Array<string>(20).fill(text));
    const b = world.connect("Bob");
    b.pause();
    b.send(rejoin("general", since));
    world.clock.flush();
    b.send(say("general", "me too", "s"));
    tell("live");
    for (let slice = 0; slice < 20; slice++) {
      world.clock.flush();
      b.resume();
      b.pause();
    }
    b.resume();
    const got = b.take().slice(1);
    expect(got.filter(({ type }) => type === "ack")).toMatchObject([{ id: "s", seq: 21 }]);
    const rest = got.filter(({ type }) => type !== "ack");
    expect(seqs(rest)).toEqual(upTo(22));
    expect(rest[20]).toEqual({ type: "skipped", room: "general", seq: 21 });
  });

  test("does not hold up other rooms", () => {
    const { world, since, say } = away({ history: much, maxBufferedBytes: 10_000 });
    say(...Array<string>(20).fill(text));
    const b = world.enter("Bob", "other");
    b.pause();
    b.send(rejoin("general", since));
    world.clock.flush();
    world.hub.room("other").broadcast("n", "here");
    world.clock.flush();
    b.resume();
    expect(b.take().at(-1)).toMatchObject({ room: "other", payload: "here", seq: 1 });
  });

  test("stops coming to one who leaves, or is revoked", () => {
    for (const end of ["leave", "revoke"]) {
      const { world, since, say } = away({ history: much, maxBufferedBytes: 10_000 });
      say(...Array<string>(20).fill(text));
      const b = world.connect("Bob");
      b.pause();
      b.send(rejoin("general", since));
      world.clock.flush();
      if (end === "leave") b.send(leave("general", "l"));
      else world.hub.revoke("bob");
      b.resume();
      world.clock.flush();
      const got = b.take();
      expect(got.at(-1)?.type).toBe(end === "leave" ? "ack" : "removed");
      expect(got.length).toBeLessThan(10);
    }
  });

  test("and not there any more when its turn comes, is told of as a gap", () => {
    const { world, since, say } = away({
      history: { messages: 20, bytes: 1e9 },
      maxBufferedBytes: 10_000,
    });
    say(...Array<string>(20).fill(text));
    const b = world.connect("Bob");
    b.pause();
    b.send(rejoin("general", since));
    world.clock.flush();
    say(...upTo(19));
    b.resume();
    world.clock.flush();
    const [info, ...got] = b.take();
    expect(info).toMatchObject({ payload: { recovered: true } });
    const at = got.findIndex(({ type }) => type === "gap");
    expect(seqs(got.slice(0, at))).toEqual(upTo(at));
    expect(got[at]?.payload).toEqual({ from: at + 1, to: 19 });
    expect(seqs(got.slice(at + 1))).toEqual(upTo(39, 20));
  });

  test("leaves no timer behind when it has come, or when its reader goes", () => {
    for (const end of ["come", "gone"]) {
      const { world, alice, since, say } = away({
        history: much,
        maxBufferedBytes: 10_000,
        heartbeat: false,
      });
      say(...Array<string>(20).fill(text));
      const b = world.connect("Bob");
      b.pause();
      b.send(rejoin("general", since));
      world.clock.flush();
      if (end === "come") b.resume();
      else b.cut();
      world.clock.flush();
      world.clock.advance(1_000);
      expect(world.clock.pendingTimers).toBe(0);
      alice.cut();
    }
  });
});

describe.each(["when asked", "when answered"] as const)(
  "a history that is read later, as it was %s,",
  (when) => {
    function later(options: HubOptions = {}) {
      const store = new LateHistory(when);
      return { ...away({ historyStore: store, heartbeat: false, ...options }), store };
    }

    test("and what is said meanwhile, come once each, in order", async () => {
      const { world, since, say, store } = later();
      say(1, 2);
      const b = world.connect("Bob");
      b.send(rejoin("general", since));
      await settle(world);
      say(3, 4);
      expect(b.take()).toEqual([]);
      store.reads.shift()?.answer();
      say(5);
      await settle(world);
      say(6);
      await store.answerAll(world);
      const [info, ...got] = b.take();
      expect(info).toMatchObject({ seq: 0, payload: { recovered: true } });
      expect(payloads(got)).toEqual(upTo(6));
      say(7);
      world.clock.flush();
      expect(payloads(b.take())).toEqual([7]);
      world.clock.advance(1_000);
      expect(world.clock.pendingTimers).toBe(0);
    });

    test("is read in parts, while more and more is said", async () => {
      const { world, since, say, store } = later({ history: { messages: 5_000, bytes: 1e9 } });
      say(...upTo(1_000));
      const b = world.connect("Bob");
      b.send(rejoin("general", since));
      let said = 1_000;
      for (let part = 0; part < 10; part++) {
        await settle(world);
        say(...upTo(said + 100, said + 1));
        said += 100;
        store.reads.shift()?.answer();
      }
      await store.answerAll(world);
      expect(seqs(b.take())).toEqual([0, ...upTo(said)]);
    });

    test("catches up, or tells of the gap, however much is said meanwhile", async () => {
      const { world, since, say, store } = later({ history: { messages: 100, bytes: 1e9 } });
      say(1);
      const b = world.connect("Bob");
      b.send(rejoin("general", since));
      await settle(world);
      say(...upTo(2_000, 2));
      await store.answerAll(world);
      say(2_001);
      await store.answerAll(world);
      const [info, ...got] = b.take();
      let seq = info?.seq ?? 0;
      for (const { type, payload, ...message } of got) {
        const gap = payload as { from: number; to: number };
        expect(type === "gap" ? gap.from : message.seq).toBe(seq + 1);
        seq = type === "gap" ? gap.to : (message.seq as number);
      }
      expect(seq).toBe(2_001);
    });

    test("is read twice at most, though the room is never quiet", async () => {
      const { world, since, say, store } = later();
      say(1);
      const b = world.connect("Bob");
      b.send(rejoin("general", since));
      let said = 1;
      let reads = 0;
      for (let moment = 0; moment < 20; moment++) {
        await settle(world);
        say(++said);
        const read = store.reads.shift();
        if (read !== undefined) reads++;
        read?.answer();
        say(++said);
      }
      await settle(world);
      expect(reads).toBeLessThanOrEqual(2);
      expect(seqs(b.take())).toEqual([0, ...upTo(said)]);
    });

    test("is read for several at once, each from where they were", async () => {
      const { world, alice, room, since, say, store } = later();
      say(1);
      alice.cut();
      say(2);
      const b = world.connect("Bob");
      const a = world.connect("Alice");
      b.send(rejoin("general", since));
      a.send(rejoin("general", { ...since, seq: 1 }));
      await settle(world);
      say(3);
      await store.answerAll(world);
      say(4);
      await store.answerAll(world);
      expect(seqs(b.take().filter(({ type }) => type !== "user_joined"))).toEqual([0, ...upTo(4)]);
      expect(seqs(a.take())).toEqual([1, ...upTo(4, 2)]);
      expect(room.size).toBe(2);
    });

    test("that does not reach back is told of, and nothing comes", async () => {
      const { world, since, say, store } = later({ history: { messages: 2 } });
      say(1, 2, 3);
      const b = world.connect("Bob");
      b.send(rejoin("general", since));
      await settle(world);
      say(4);
      await store.answerAll(world);
      expect(b.take()).toMatchObject([{ seq: 4, payload: { recovered: false } }]);
      say(5);
      world.clock.flush();
      expect(payloads(b.take())).toEqual([5]);
    });

    test("catches up one who lagged, too", async () => {
      const { world, alice, say, store } = later({ maxBufferedBytes: 10_000 });
      alice.pause();
      say("x".repeat(12_000));
      world.clock.flush();
      say(2, 3);
      world.clock.flush();
      alice.resume();
      await settle(world);
      say(4);
      await store.answerAll(world);
      say(5);
      await settle(world);
      expect(seqs(alice.take())).toEqual(upTo(5));
      expect(world.emitted("recovered")).toMatchObject([{ missed: 0 }]);
      expect(world.clock.pendingTimers).toBe(0);
    });
  },
);

describe("a client that is not there any more when its history has been read", () => {
  const options = { historyStore: new LateHistory(), heartbeat: false } as const;

  /** Bob has asked to come back; nobody has answered. */
  async function pending() {
    const store = new LateHistory();
    const scene = away({ ...options, historyStore: store });
    scene.say(1);
    const b = scene.world.connect("Bob");
    b.send(rejoin("general", scene.since));
    await settle(scene.world);
    return { ...scene, store, b };
  }

  test("because the line was cut is not let in, and nobody hears of it", async () => {
    const { world, alice, room, store, b } = await pending();
    b.cut();
    await store.answerAll(world);
    expect([b.take(), alice.take("user_joined"), room.size]).toEqual([[], [], 1]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("because it is closed is not let in", async () => {
    const { world, room, store, b } = await pending();
    world.client("bob").close();
    await store.answerAll(world);
    expect([b.take(), room.size]).toEqual([[], 1]);
  });

  test("because the user was revoked meanwhile is FORBIDDEN, and gets nothing", async () => {
    for (const roomId of ["general", undefined]) {
      const { world, room, store, b } = await pending();
      world.hub.revoke("bob", roomId);
      await store.answerAll(world);
      expect(errorCode(b.take())).toBe("FORBIDDEN");
      expect(room.size).toBe(1);
    }
  });

  test("is no matter of a revocation from another room, or of another user", async () => {
    const { world, store, b } = await pending();
    world.hub.revoke("bob", "other");
    world.hub.revoke("alice");
    await store.answerAll(world);
    expect(b.take()).toMatchObject([{ payload: { recovered: true } }, { payload: 1 }]);
  });

  test("because it left is out, after it was in", async () => {
    const { world, room, store, b } = await pending();
    b.send(leave("general", "l"));
    await store.answerAll(world);
    expect(b.take()).toMatchObject([
      { id: "again", payload: { recovered: true } },
      { payload: 1 },
      { type: "ack", id: "l" },
    ]);
    expect(room.size).toBe(1);
  });

  test("because the room has died and begun anew is let in there, and gets nothing of before", async () => {
    const store = new LateHistory();
    const { world, alice, room, since, say } = away({ ...options, historyStore: store });
    say(1);
    const b = world.connect("Bob");
    b.send(rejoin("general", since));
    await settle(world);
    alice.hangUp();
    world.clock.advance(300_000);
    expect(room.position).toBeUndefined();
    await store.answerAll(world);
    expect(b.take()).toMatchObject([{ seq: 0, payload: { recovered: false } }]);
    expect(room.position?.epoch).not.toBe(since.epoch);
  });
});

describe("a history that fails", () => {
  test.each<[string, (store: LateHistory, world: World) => void]>([
    ["rejects", (store) => store.reads.shift()?.fail(new Error("disk"))],
    ["never answers", (_, world) => world.clock.advance(30_000)],
  ])("because it %s is empty, and the failure is told", async (_, fail) => {
    const store = new LateHistory();
    const { world, since, say } = away({ historyStore: store, heartbeat: false });
    say(1);
    const b = world.connect("Bob");
    b.send(rejoin("general", since));
    await settle(world);
    say(2);
    fail(store, world);
    await settle(world);
    say(3);
    world.clock.flush();
    expect(b.take()).toMatchObject([
      { id: "again", seq: 2, payload: { recovered: false } },
      { seq: 3, payload: 3 },
    ]);
    expect(world.emitted("error")).toMatchObject([{ error: { code: "HISTORY_FAILED" } }]);
    world.clock.advance(1_000);
    expect(world.clock.pendingTimers).toBe(0);
    // Whoever answers after that is not heard.
    await store.answerAll(world);
    expect(b.take()).toEqual([]);
  });

  test("because it throws is empty, and the failure is told with its cause", () => {
    const cause = new Error("disk");
    const store = new MemoryHistory();
    const open = store.open.bind(store);
    store.open = (roomId, limits) => {
      const history = open(roomId, limits);
      history.since = () => {
        throw cause;
      };
      return history;
    };
    const { world, since, say } = away({ historyStore: store });
    say(1);
    const b = world.connect("Bob");
    expect(world.ask(b, rejoin("general", since))).toMatchObject([
      { seq: 1, payload: { recovered: false } },
    ]);
    expect(world.emitted("error")).toMatchObject([{ error: { code: "HISTORY_FAILED", cause } }]);
  });

  test("in the middle of a recovery is told of as a gap, and what was held comes", async () => {
    const store = new LateHistory();
    const { world, since, say } = away({
      historyStore: store,
      history: { messages: 1_000, bytes: 1e9 },
    });
    say(...upTo(300));
    const b = world.connect("Bob");
    b.send(rejoin("general", since));
    await settle(world);
    store.reads.shift()?.answer();
    await settle(world);
    say(301);
    store.reads.shift()?.fail(new Error("disk"));
    await settle(world);
    const got = b.take().slice(1);
    const gap = got.findIndex(({ type }) => type === "gap");
    expect(seqs(got.slice(0, gap))).toEqual(upTo(gap));
    expect(got.slice(gap)).toMatchObject([
      { payload: { from: gap + 1, to: 300 } },
      { seq: 301, payload: 301 },
    ]);
  });
});
