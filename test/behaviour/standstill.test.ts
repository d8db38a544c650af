import { describe, expect, test } from "vitest";
import { World } from "../support/world.js";

const SECOND = 1_000;

describe("a process that stood still", () => {
  test.each([5, 7, 10, 20, 30, 45, 53, 120])("for %d s cuts nobody who answers", (seconds) => {
    const world = new World();
    const sockets = [];
    for (let index = 0; index < 54; index++) {
      sockets.push(world.enter(`User ${index}`));
      world.clock.advance(SECOND);
    }
    // What the peers answer meanwhile is read afterwards.
    for (const socket of sockets) socket.pause();
    world.clock.sleep(seconds * SECOND);
    world.clock.advance(500);
    expect(world.hub.clients.size).toBe(54);
    for (const socket of sockets) socket.resume();
    world.clock.advance(120 * SECOND);
    expect(world.hub.clients.size).toBe(54);
  });

  test("cuts nobody whom it has not asked, and given the time to answer", () => {
    const world = new World();
    const a = world.enter("Alice");
    a.answersPings = false;
    world.clock.advance(24 * SECOND);
    world.clock.sleep(53 * SECOND);
    expect(a.pings).toBe(1);
    world.clock.advance(19 * SECOND);
    expect(a.closed).toBeUndefined();
    world.clock.advance(14 * SECOND);
    expect(a.closed?.code).toBe(1006);
  });

  test("finds a peer that vanished, also where it stands still again and again", () => {
    const world = new World();
    const [a, b] = [world.enter("Alice"), world.enter("Bob")];
    b.answersPings = false;
    for (let round = 0; round < 12; round++) {
      world.clock.sleep(10 * SECOND);
      world.clock.advance(2 * SECOND);
    }
    world.clock.advance(60 * SECOND);
    expect([a.closed, b.closed?.code]).toEqual([undefined, 1006]);
  });

  test("finds a peer that vanished although each look at it is late", () => {
    const world = new World();
    const [a, b] = [world.enter("Alice"), world.enter("Bob")];
    b.answersPings = false;
    for (let round = 0; round < 30; round++) world.clock.sleep(8 * SECOND);
    expect([a.closed, b.closed?.code]).toEqual([undefined, 1006]);
  });

  test("reads what has arrived before it cuts", () => {
    const world = new World();
    const a = world.enter("Alice");
    a.answersPings = false;
    world.clock.advance(40 * SECOND);
    // Due together with the look that gives the verdict, and read after it.
    world.clock.setTimeout(() => world.clock.setImmediate(() => a.send({ type: "ping" })), 6_666);
    world.clock.advance(10 * SECOND);
    expect(a.closed).toBeUndefined();
  });
});

describe("the rate limit", () => {
  const limit = { rateLimit: { perSecond: 100, burst: 200 } };
  const refusals = (answers: { type: string }[]) =>
    answers.filter(({ type }) => type === "error").length;

  function chat(world: World, seconds: number) {
    const a = world.enter("Alice");
    for (let count = 0; count < 80 * seconds; count++) {
      world.clock.advance(12.5);
      a.send({ type: "ping" });
    }
    return a;
  }

  test.each([2, 6, 30])("refuses nothing of a client within it after %d s", (seconds) => {
    const world = new World({ ...limit, heartbeat: false });
    const a = chat(world, 2);
    for (let round = 0; round < 3; round++) {
      world.clock.sleep(seconds * SECOND);
      for (let count = 0; count < 80 * seconds; count++) a.send({ type: "ping" });
      for (let count = 0; count < 80; count++) {
        world.clock.advance(12.5);
        a.send({ type: "ping" });
      }
    }
    world.clock.flush();
    expect([refusals(a.take()), a.closed]).toEqual([0, undefined]);
  });

  test("grants no stranger more than what the standstill lasted", () => {
    const world = new World(limit);
    const stranger = world.enter("Mallory");
    chat(world, 2);
    world.clock.sleep(6 * SECOND);
    for (let count = 0; count < 1_000; count++) stranger.send({ type: "ping" });
    world.clock.flush();
    expect(1_000 - refusals(stranger.take())).toBeLessThanOrEqual(200 + 600);
  });

  test("grants nothing for a pause of the client's own, and nothing later", () => {
    const world = new World(limit);
    const [early, late] = [world.enter("Mallory"), world.enter("Oscar")];
    const a = chat(world, 2);
    world.clock.advance(6 * SECOND);
    for (let count = 0; count < 480; count++) a.send({ type: "ping" });
    world.clock.flush();
    expect(refusals(a.take())).toBe(480 - 200);

    chat(world, 2);
    world.clock.sleep(6 * SECOND);
    early.send({ type: "ping" });
    world.clock.advance(10 * SECOND);
    const burst = (socket: typeof early) => {
      for (let count = 0; count < 300; count++) socket.send({ type: "ping" });
      world.clock.flush();
      return refusals(socket.take());
    };
    expect(burst(early)).toBe(100);
    world.clock.advance(60 * SECOND);
    burst(late);
    world.clock.advance(60 * SECOND);
    expect(burst(late)).toBe(100);
  });

  test("leaves no timer without traffic", () => {
    const world = new World({ ...limit, heartbeat: false });
    chat(world, 1);
    world.clock.advance(2 * SECOND);
    expect(world.clock.pendingTimers).toBe(0);
  });
});
