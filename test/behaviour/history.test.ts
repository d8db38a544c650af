import {
  type Envelope,
  type History,
  type HistoryOptions,
  type HistoryStore,
  type HubOptions,
  MemoryHistory,
  type Message,
} from "roomcast";
import { describe, expect, test } from "vitest";
import { collectGarbage } from "../support/garbage.js";
import { rejoin, settle } from "../support/late-history.js";
import { leave, World } from "../support/world.js";

const isRecovered = (info: Envelope | undefined) =>
  (info?.payload as { recovered: boolean } | undefined)?.recovered;

/** A room with Alice, and Bob, who is away; `say` says something and lets time pass. */
function away(history: HistoryOptions | NonNullable<HubOptions["history"]>, options = {}) {
  const world = new World({ history, ...options } as HubOptions);
  world.enter("Alice", "general");
  const bob = world.enter("Bob", "general");
  const room = world.hub.room("general");
  const since = room.position;
  bob.cut();
  const say = (payload: unknown, ms = 0) => {
    room.broadcast("n", payload);
    world.clock.advance(ms);
  };
  /** What Bob is sent who comes back; undefined if it is not all there. */
  const recall = (seq = since?.seq) => {
    const socket = world.connect("Bob");
    const [info, ...missed] = world.ask(socket, rejoin("general", { ...since, seq }));
    socket.cut();
    return isRecovered(info) ? missed.map(({ payload }) => payload) : undefined;
  };
  return { world, room, say, recall };
}

describe("a history", () => {
  test("keeps so many messages, the last ones", () => {
    const { say, recall } = away({ messages: 3 });
    for (const n of [1, 2, 3]) say(n);
    expect(recall()).toEqual([1, 2, 3]);
    say(4);
    expect([recall(), recall(1)]).toEqual([undefined, [2, 3, 4]]);
  });

  test("keeps a hundred messages by default", () => {
    const { say, recall } = away({});
    for (let n = 1; n <= 100; n++) say(n);
    expect(recall()).toHaveLength(100);
    say(101);
    expect([recall(), recall(1)?.length]).toEqual([undefined, 100]);
  });

  test("keeps so many bytes, as they go over the wire", () => {
    const { say, recall } = away({ bytes: 2_000 });
    for (const n of [1, 2, 3]) say(n);
    // A euro sign is three bytes of UTF-8.
    say("€".repeat(600));
    expect([recall(), recall(1), recall(3)]).toEqual([undefined, undefined, ["€".repeat(600)]]);
  });

  test("loses all to a message that is larger than what may be kept, and that one too", () => {
    const { say, recall } = away({ bytes: 2_000 });
    for (const payload of [1, "x".repeat(2_000), 3]) say(payload);
    expect([recall(), recall(1), recall(2)]).toEqual([undefined, undefined, [3]]);
  });

  test("keeps each message for its time", () => {
    const { world, say, recall } = away({ ttl: 1_000 });
    say(1, 600);
    say(2, 399);
    expect(recall()).toEqual([1, 2]);
    world.clock.advance(1);
    expect([recall(), recall(1)]).toEqual([undefined, [2]]);
  });

  test("keeps nothing of what is for the moment only", () => {
    const { room, say, recall } = away({});
    say(1);
    room.broadcast("n", 2, { policy: "drop" });
    room.broadcast("n", 3, { policy: "drop" });
    room.broadcast("n", 4, { policy: { latest: "gold" } });
    say(5);
    expect(recall()).toEqual([1, 5]);
  });

  test("may be kept in some rooms only, each with limits of its own", async () => {
    const asked = new Set<string>();
    const { world, say, recall } = away((roomId) => {
      asked.add(roomId);
      return roomId === "general" && { messages: 2 };
    });
    for (const n of [1, 2, 3]) say(n);
    expect([recall(), recall(1)]).toEqual([undefined, [2, 3]]);
    expect((await world.hub.room("other").broadcast("n")).seq).toBe(0);
    expect([...asked]).toEqual(["general", "other"]);
  });

  test("keeps the text of a message alone: the rest of it, such as its frame, goes", async () => {
    const said: WeakRef<Message>[] = [];
    const store = new MemoryHistory();
    const open = store.open.bind(store);
    store.open = (roomId, limits) => {
      const history = open(roomId, limits);
      const append = history.append.bind(history);
      history.append = (message) => {
        said.push(new WeakRef(message));
        append(message);
      };
      return history;
    };
    const { say, recall } = away({}, { historyStore: store });
    for (const n of [1, 2, 3]) say(n);
    // What a weak reference was made of stays until the turn has ended.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(said.map((message) => message.deref())).toEqual([undefined, undefined, undefined]);
    expect(recall()).toEqual([1, 2, 3]);
  });
});

describe("a room with history", () => {
  const history = { ttl: 1_000 };

  test("outlives its last member for its time, and not longer", () => {
    const world = new World({ history });
    const a = world.enter("Alice", "general");
    const room = world.hub.room("general");
    room.broadcast("n");
    a.hangUp();
    const before = room.position;
    world.clock.advance(999);
    expect([before?.seq, room.position]).toEqual([1, before]);
    world.clock.advance(1);
    expect(room.position).toBeUndefined();
    expect(world.clock.pendingTimers).toBe(1); // The heartbeat's, whose next look finds nobody.
  });

  test("of a room that nobody is in lasts its time from the last message on", () => {
    const world = new World({ history, heartbeat: false });
    world.enter("Alice", "general").hangUp();
    const room = world.hub.room("general");
    world.clock.advance(600);
    room.broadcast("n", 1);
    world.clock.advance(600);
    expect(room.position?.seq).toBe(1);
    world.clock.advance(400);
    expect(room.position).toBeUndefined();
  });

  test("that somebody comes into is kept for as long as they stay, and its time anew", () => {
    const world = new World({ history, heartbeat: false });
    world.enter("Alice", "general").cut();
    const room = world.hub.room("general");
    const { epoch } = room.position ?? {};
    expect(epoch).toBeDefined();
    world.clock.advance(999);
    const b = world.enter("Bob", "general");
    world.clock.advance(10_000);
    b.hangUp();
    world.clock.advance(999);
    expect(room.position?.epoch).toBe(epoch);
    world.clock.advance(1);
    expect(room.position).toBeUndefined();
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("is removed when its last member leaves all the same, and created when one comes", () => {
    const world = new World({ history });
    world.enter("Alice", "general").hangUp();
    expect(world.hub.rooms.size).toBe(0);
    world.enter("Alice", "general");
    const names = world.events.map(([name]) => name).filter((name) => name.startsWith("room"));
    expect(names).toEqual(["roomCreated", "roomRemoved", "roomCreated"]);
  });

  test("takes what is said while nobody is in it, for those who come back", async () => {
    const world = new World({ history });
    const a = world.enter("Alice", "general");
    const room = world.hub.room("general");
    const since = room.position;
    a.cut();
    expect((await room.broadcast("n", "anybody?")).seq).toBe(1);
    expect(world.ask(world.connect("Alice"), rejoin("general", since))).toMatchObject([
      { seq: 0, payload: { recovered: true } },
      { seq: 1, payload: "anybody?" },
    ]);
  });

  test("that nobody was ever in takes what is said, for its time", async () => {
    const world = new World({ history });
    const room = world.hub.room("general");
    expect([(await room.broadcast("n")).seq, (await room.broadcast("n")).seq]).toEqual([1, 2]);
    expect(world.hub.rooms.size).toBe(0);
    expect(room.position).toMatchObject({ seq: 2 });
    const a = world.connect("Alice");
    expect(world.ask(a, rejoin("general", { ...room.position, seq: 2 }))).toMatchObject([
      { seq: 2 },
    ]);
    a.hangUp();
    world.clock.advance(1_000);
    expect(room.position).toBeUndefined();
    expect((await room.broadcast("n")).seq).toBe(1);
  });

  test("is one of ten thousand at most that nobody is in: the one silent for longest goes", () => {
    const world = new World({ history, heartbeat: false });
    for (let n = 0; n < 10_000; n++) world.hub.room(`r${n}`).broadcast("n");
    world.hub.room("r0").broadcast("n");
    expect(world.hub.room("r0").position?.seq).toBe(2);
    const a = world.enter("Alice", "lived in");
    world.hub.room("lived in").broadcast("n");
    a.hangUp();
    expect(world.hub.room("r1").position).toBeUndefined();
    expect(world.hub.room("r2").position?.seq).toBe(1);
    expect(world.hub.room("r0").position?.seq).toBe(2);
    expect(world.hub.room("lived in").position?.seq).toBe(1);
    expect(world.clock.pendingTimers).toBe(10_000);
  });

  test("leaves no timer behind when the hub closes, and takes nothing any more", async () => {
    const world = new World({ history });
    world.enter("Alice", "general");
    world.hub.room("empty").broadcast("n");
    const closed = world.hub.close();
    world.clock.flush();
    await closed;
    expect(world.clock.pendingTimers).toBe(0);
    await expect(world.hub.room("empty").broadcast("n")).rejects.toMatchObject({
      code: "HUB_CLOSED",
    });
    expect(world.clock.pendingTimers).toBe(0);
  });
});

describe("all histories together", () => {
  const message = "x".repeat(1_000);

  test("keep so many bytes: of more, the rooms that keep most lose the older half of theirs", () => {
    const historyStore = new MemoryHistory({ maxBytes: 30_000 });
    const world = new World({ history: {}, historyStore });
    const names = ["small", "one", "two", "three"];
    const a = world.enter("Alice", ...names);
    const since = new Map([...world.hub.rooms].map(([name, room]) => [name, room.position]));
    world.hub.room("small").broadcast("n", message);
    world.hub.room("small").broadcast("n", message);
    for (const name of ["one", "two", "three"]) {
      for (let n = 0; n < 20; n++) world.hub.room(name).broadcast("n", message);
      expect(historyStore.bytes).toBeLessThanOrEqual(30_000);
    }
    expect(historyStore.bytes).toBeGreaterThan(15_000);
    a.cut();
    const b = world.connect("Alice");
    const kept = (name: string, seq: number) => {
      const [info, ...missed] = world.ask(b, rejoin(name, { ...since.get(name), seq }));
      b.send(leave(name));
      b.take();
      return [isRecovered(info), missed.length];
    };
    expect(kept("small", 0)).toEqual([true, 2]);
    expect(kept("three", 0)).toEqual([false, 0]);
    expect(kept("one", 18)).toEqual([true, 2]);
  });

  test("lose nothing of a room that keeps little to ten thousand others that keep as much", () => {
    const historyStore = new MemoryHistory({ maxBytes: 1_000_000 });
    const world = new World({ history: {}, historyStore, heartbeat: false });
    world.enter("Alice", "private").cut();
    const since = world.hub.room("private").position;
    world.hub.room("private").broadcast("n", "missed");
    for (let n = 0; n < 5_000; n++) world.hub.room(`news ${n}`).broadcast("n", message);
    expect(historyStore.bytes).toBeLessThanOrEqual(1_000_000);
    const [info, ...missed] = world.ask(world.connect("Alice"), rejoin("private", since));
    expect([isRecovered(info), missed.length]).toEqual([true, 1]);
  });

  test("go with their rooms", () => {
    const historyStore = new MemoryHistory();
    const world = new World({ history: { ttl: 1_000 }, historyStore });
    world.enter("Alice", "general");
    world.hub.room("general").broadcast("n", message);
    world.hub.room("empty").broadcast("n", message);
    expect(historyStore.bytes).toBeGreaterThan(2_000);
    world.clock.advance(1_000);
    expect(historyStore.bytes).toBeLessThan(2_000);
    world.client("alice").close();
    world.clock.advance(1_000);
    expect(historyStore.bytes).toBe(0);
  });

  test("go when the hub closes", async () => {
    const historyStore = new MemoryHistory();
    const world = new World({ history: {}, historyStore });
    world.enter("Alice", "general");
    world.hub.room("general").broadcast("n", message);
    world.hub.room("empty").broadcast("n", message);
    const closed = world.hub.close();
    world.clock.flush();
    await closed;
    expect(historyStore.bytes).toBe(0);
  });

  test.each<[object, RegExp]>([
    [{ maxBytes: 0 }, /maxBytes must be a whole number from 1 up; got 0/],
    [{ maxBytes: "1" }, /maxBytes .* got "1"/],
    [{ maxByte: 1 }, /Unknown option "maxByte". Options: maxBytes, clock/],
  ])("refuse %j", (options, text) => {
    expect(() => new MemoryHistory(options as { maxBytes: number })).toThrow(text);
    expect(() => new MemoryHistory(options as { maxBytes: number })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });
});

test("a history that answers with rubbish, at once or later, has nothing, and is reported", async () => {
  for (const answer of [undefined, {}, { from: 1, to: 3, batch: [] }]) {
    for (const isLate of [false, true]) {
      const memory = new MemoryHistory();
      const historyStore: HistoryStore = {
        open(id, limits) {
          const kept = memory.open(id, limits);
          const since = () => (isLate ? Promise.resolve(answer) : answer);
          return {
            position: kept.position,
            append: (message) => kept.append(message),
            since: since as unknown as History["since"],
          };
        },
        close() {},
      };
      const world = new World({ history: {}, historyStore });
      const a = world.enter("Alice", "general");
      const room = world.hub.room("general");
      const { epoch } = room.position ?? {};
      for (const n of [1, 2]) room.broadcast("news", n);
      a.cut();
      const again = world.connect("Alice");
      again.send(rejoin("general", { epoch, seq: 0 }));
      await settle(world);
      expect(again.take("room_info")).toMatchObject([{ payload: { recovered: false } }]);
      expect(world.emitted("error")).toMatchObject([{ error: { code: "HISTORY_FAILED" } }]);
    }
  }
});

test("a history of 400,000 messages forgets one as quickly as one of a hundred", () => {
  const memory = new MemoryHistory({ maxBytes: 1_000_000_000 });
  const limits = { bytes: 1_000_000_000, ttl: 1_000_000 };
  const message = { text: "x", bytes: new Uint8Array(1) } as unknown as Message;
  const small = memory.open("small", { ...limits, messages: 100 });
  const large = memory.open("large", { ...limits, messages: 400_000 });
  for (let n = 0; n < 100; n++) small.append(message);
  for (let n = 0; n < 400_000; n++) large.append(message);
  const time = (history: History) => {
    const start = performance.now();
    for (let n = 0; n < 5_000; n++) history.append(message);
    return performance.now() - start;
  };
  const times = [1, 2, 3].map(() => [time(small), time(large)] as const);
  // It was a thousand times as much.
  expect(Math.min(...times.map(([, ms]) => ms))).toBeLessThan(
    20 + 20 * Math.max(...times.map(([ms]) => ms)),
  );
  expect((large.since(0, 1) as { from: number }).from).toBe(large.position.seq - 400_000 + 1);
});
