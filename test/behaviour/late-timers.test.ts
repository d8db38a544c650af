import { UpgradeGuard } from "roomcast";
import { VirtualClock } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { createHandshake } from "../../src/transport/handshake.js";
import { Deadline } from "../../src/util/deadline.js";
import { LateHistory, rejoin, settle } from "../support/late-history.js";
import { join, say, World } from "../support/world.js";

const SECOND = 1_000;

/** How a process may stand still for `ms` and more: from the start, near the end, or several times. */
const STANDSTILLS: readonly (readonly [string, (clock: VirtualClock, ms: number) => void])[] = [
  ["for exactly that time", (clock, ms) => clock.sleep(ms)],
  ["for much longer", (clock, ms) => clock.sleep(ms + 60 * SECOND)],
  [
    "near its end",
    (clock, ms) => {
      clock.advance(ms - 10);
      clock.sleep(60 * SECOND);
    },
  ],
  [
    "three times",
    (clock, ms) => {
      for (let round = 0; round < 3; round++) {
        clock.sleep(ms);
        clock.advance(ms / 20);
      }
    },
  ],
];

describe.each(STANDSTILLS)("after a standstill %s", (_, stand) => {
  test("a client's answer that waits to be read is in time", async () => {
    const world = new World({ heartbeat: false });
    const a = world.enter("Alice", "general");
    const asked = [world.client("alice").request("ask"), world.hub.room("general").request("ask")];
    const receipts = [asked[0] as Promise<unknown>, (asked[1] as AsyncIterator<unknown>).next()];
    world.clock.flush();
    stand(world.clock, 10 * SECOND);
    for (const { id } of a.take("ask")) a.send({ type: "ack", id, payload: 1 });
    expect(await Promise.all(receipts)).toMatchObject([
      { status: "ack" },
      { value: { status: "ack" } },
    ]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("a handler's promise that is about to resolve is in time", async () => {
    const world = new World({ heartbeat: false });
    const a = world.enter("Alice");
    let answer = (_: string) => {};
    world.hub.handle("work", () => new Promise((resolve) => (answer = resolve)));
    a.send({ type: "work", id: "1" });
    stand(world.clock, 30 * SECOND);
    answer("done");
    await settle(world);
    expect(a.take()).toMatchObject([{ type: "ack", payload: "done" }]);
  });

  test("a yes of `authorize` is in time", async () => {
    let answer = (_: boolean) => {};
    const authorize = () => new Promise<boolean>((resolve) => (answer = resolve));
    const world = new World({ heartbeat: false, authorize });
    const a = world.connect("Alice");
    a.send(join("general", "1"));
    stand(world.clock, 30 * SECOND);
    answer(true);
    await settle(world);
    expect(a.take()).toMatchObject([{ type: "room_info" }]);
  });

  test("a history's answer is in time", async () => {
    const historyStore = new LateHistory();
    const world = new World({ heartbeat: false, history: { ttl: 3_600_000 }, historyStore });
    const a = world.enter("Alice", "general");
    world.enter("Bob", "general");
    const position = world.hub.room("general").position;
    world.ask(a, say("general", "hi"));
    const page = world.connect("Bob");
    page.send(rejoin("general", position));
    await settle(world);
    stand(world.clock, 30 * SECOND);
    await historyStore.answerAll(world);
    expect(page.take().map(({ type }) => type)).toEqual(["room_info", "new_message"]);
  });

  test("a user of `authenticate` is in time", async () => {
    const { hub, clock } = new World();
    let answer = (_: { id: string; name: string }) => {};
    const authenticate = () => new Promise<never>((resolve) => (answer = resolve as never));
    const guard = new UpgradeGuard(hub, { authenticate });
    const admission = guard.admit(createHandshake("/", {}, ""));
    stand(clock, 10 * SECOND);
    answer({ id: "alice", name: "Alice" });
    expect(await admission).toMatchObject({ isAdmitted: true });
  });

  test("a member whose reconnect waits was never away", () => {
    const world = new World({ heartbeat: false, presence: { grace: 10 * SECOND } });
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.cut();
    stand(world.clock, 2 * SECOND);
    world.connect("Alice").send(join("general"));
    world.clock.advance(20 * SECOND);
    expect(b.take()).toEqual([]);
  });

  test("a member whose reconnect waits is still one", () => {
    const world = new World({ heartbeat: false, presence: { grace: 10 * SECOND } });
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.cut();
    world.clock.advance(2 * SECOND);
    expect(b.take("user_reconnecting")).toHaveLength(1);
    stand(world.clock, 8 * SECOND);
    world.connect("Alice").send(join("general"));
    world.clock.advance(20 * SECOND);
    expect(b.take().map(({ type }) => type)).toEqual(["user_returned"]);
  });

  test("a key that waits to be read keeps an indicator on", () => {
    const world = new World({ heartbeat: false });
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.send({ type: "typing", room: "general" });
    stand(world.clock, 5 * SECOND);
    a.send({ type: "typing", room: "general" });
    world.clock.advance(4 * SECOND);
    expect(b.take()).toMatchObject([{ type: "user_typing", payload: { typing: true } }]);
    world.clock.advance(SECOND);
    expect(b.take()).toMatchObject([{ type: "user_typing", payload: { typing: false } }]);
  });

  test("a lone user who comes back has missed nothing", () => {
    const world = new World({ heartbeat: false });
    const a = world.enter("Alice", "general");
    const position = world.hub.room("general").position;
    a.cut();
    stand(world.clock, 60 * SECOND);
    const back = world.ask(world.connect("Alice"), rejoin("general", position));
    expect(back).toMatchObject([{ type: "room_info", payload: { recovered: true } }]);
  });

  test("a slow client that has read meanwhile is not closed", () => {
    const options = { lagTimeout: 10 * SECOND, maxBufferedBytes: 1_000, heartbeat: false } as const;
    const world = new World(options);
    const a = world.enter("Alice");
    a.pause();
    for (let count = 0; count < 3; count++) {
      world.client("alice").send("note", "x".repeat(600));
      world.clock.flush();
    }
    expect(world.emitted("lag")).toHaveLength(1);
    stand(world.clock, 10 * SECOND);
    a.resume();
    world.clock.advance(20 * SECOND);
    expect([world.emitted("recovered").length, a.closed]).toEqual([1, undefined]);
  });

  test("a closing handshake that waits to be read is not cut short", async () => {
    const world = new World({ heartbeat: false });
    let cut = 0;
    const receiver = world.hub.accept({
      bufferedAmount: 0,
      write() {},
      close() {},
      terminate: () => cut++,
    });
    const closed = world.hub.close({ timeout: 4 * SECOND });
    stand(world.clock, 4 * SECOND);
    receiver.closed(1001, "");
    await closed;
    expect([cut, world.clock.pendingTimers]).toEqual([0, 0]);
  });
});

describe("a deadline", () => {
  test("is over when it is due, to the millisecond", () => {
    for (const ms of [1, 3, 10, 29, 999, 30_000]) {
      const clock = new VirtualClock();
      const over: number[] = [];
      new Deadline(clock, ms, () => over.push(clock.monotonic()));
      clock.advance(ms - 1);
      expect(over).toEqual([]);
      clock.advance(10 * ms);
      expect([over, clock.pendingTimers]).toEqual([[ms], 0]);
    }
  });

  test("is over also where every timer is late", () => {
    const clock = new VirtualClock();
    let isOver = false;
    new Deadline(clock, 1_000, () => (isOver = true));
    for (let round = 0; round < 16; round++) clock.sleep(1_000);
    expect([isOver, clock.pendingTimers]).toEqual([true, 0]);
  });

  test("may be cleared until it has run", () => {
    const clock = new VirtualClock();
    let isOver = false;
    const deadline = new Deadline(clock, 1_000, () => (isOver = true));
    clock.runNext(250 + clock.now());
    for (const at of [500, 750, 1_000]) clock.runNext(at + Date.UTC(2000, 0, 1));
    expect(clock.monotonic()).toBe(1_000);
    deadline.clear();
    clock.advance(1_000);
    expect([isOver, clock.pendingTimers]).toEqual([false, 0]);
  });
});
