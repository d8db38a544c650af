import type { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { World } from "../support/world.js";

const rateLimit = { perSecond: 10, burst: 10 };

/** Frames that close a client with such a limit: one burst, and ten more that are refused. */
const FLOOD = 10 + 10 * 10 + 1;

const frames: [string, (socket: MemorySocket) => void][] = [
  ["pings", (socket) => socket.sendPing()],
  ["pongs that nobody asked for", (socket) => socket.sendPong()],
  ["messages", (socket) => socket.send({ type: "ping" })],
];

describe.each(frames)("%s", (_, send) => {
  test("cost a token each: within the rate they go on without end", () => {
    const world = new World({ rateLimit });
    const a = world.connect("Alice");
    for (let n = 0; n < 1_000; n++) {
      send(a);
      world.clock.advance(100);
    }
    expect(a.closed).toBeUndefined();
  });

  test("over the rate close with 1008, as messages do", () => {
    const world = new World({ rateLimit });
    const a = world.connect("Alice");
    for (let n = 1; n < FLOOD; n++) send(a);
    world.clock.flush();
    expect(a.closed).toBeUndefined();
    send(a);
    world.clock.flush();
    expect(a.closed?.code).toBe(1008);
  });

  test("take from what messages may cost", () => {
    const world = new World({ rateLimit });
    const a = world.connect("Alice");
    for (let n = 0; n < 10; n++) send(a);
    a.take();
    expect(world.ask(a, { type: "ping", id: "p" }).at(-1)).toMatchObject({
      payload: { code: "RATE_LIMITED" },
    });
  });

  test("without a rate limit cost nothing", () => {
    const world = new World({ rateLimit: false });
    const a = world.connect("Alice");
    for (let n = 0; n < 10 * FLOOD; n++) send(a);
    world.clock.flush();
    expect(a.closed).toBeUndefined();
  });
});

test("the answer to a ping of the hub is free, once", () => {
  const world = new World({
    rateLimit: { perSecond: 0.001, burst: 1 },
    heartbeat: { interval: 1_000, timeout: 300 },
  });
  const a = world.connect("Alice");
  world.clock.advance(60_000);
  expect(a.pings).toBeGreaterThan(40);
  expect(a.closed).toBeUndefined();
  expect(world.ask(a, { type: "ping" })).toEqual([{ type: "pong" }]);
  a.sendPong();
  for (let n = 0; n < 10; n++) a.sendPong();
  world.clock.flush();
  expect(a.closed?.code).toBe(1008);
});

test("a peer that pings shows that it is there", () => {
  const world = new World({ heartbeat: { interval: 1_000, timeout: 300 } });
  const a = world.connect("Alice");
  a.answersPings = false;
  for (let n = 0; n < 20; n++) {
    a.sendPing();
    world.clock.advance(900);
  }
  expect(a.closed).toBeUndefined();
});

describe("answers to the pings of a peer that does not read", () => {
  test("wait up to maxBufferedBytes, also where it asks for something in between", () => {
    const world = new World({ rateLimit: false, maxBufferedBytes: 10_000, lagTimeout: false });
    const a = world.connect("Alice");
    const client = world.client("alice");
    a.pause();
    const ask = () => a.send({ type: "what?", id: "x".repeat(120) });
    for (let n = 0; n < 10; n++) ask();
    let most = 0;
    for (let n = 0; n < 1_000 && client.isOpen; n++) {
      for (let pings = 0; pings < 40; pings++) a.sendPing(125);
      ask();
      world.clock.flush();
      most = Math.max(most, a.bufferedAmount);
    }
    expect(client.isOpen).toBe(false);
    // Its own answers count apart, at most three times what they are.
    expect(most).toBeLessThan(10_000 + 3 * 5_500);
  });

  test("wait up to maxBufferedBytes, then the connection is cut", () => {
    const world = new World({ rateLimit: false, maxBufferedBytes: 10_000 });
    const a = world.connect("Alice");
    const client = world.client("alice");
    a.pause();
    let most = 0;
    for (let n = 0; n < 1_000 && client.isOpen; n++) {
      a.sendPing(125);
      most = Math.max(most, a.bufferedAmount);
    }
    world.clock.flush();
    expect(most).toBeLessThanOrEqual(10_000 + 127);
    expect(a.closed?.code).toBe(1006);
    expect(world.emitted("disconnect")).toMatchObject([
      { reason: "It sends pings and does not read the answers." },
    ]);
  });

  test("are not mistaken for a burst of the hub's own, which a ping may meet", () => {
    const world = new World({ maxBufferedBytes: 10_000 });
    const a = world.connect("Alice");
    a.pause();
    world.client("alice").send("much", "x".repeat(100_000));
    world.clock.flush();
    expect(a.bufferedAmount).toBeGreaterThan(100_000);
    for (let n = 0; n < 20; n++) a.sendPing(4);
    a.resume();
    world.clock.flush();
    expect(a.closed).toBeUndefined();
  });
});

describe("a client that was told to close", () => {
  /** A connection whose peer never answers the close frame. */
  function accept(stopReading: boolean) {
    const world = new World({ rateLimit });
    const calls: [string, number][] = [];
    const note = (call: string) => () => void calls.push([call, world.clock.now() - startedAt]);
    const startedAt = world.clock.now();
    const receiver = world.hub.accept({
      bufferedAmount: 0,
      write() {},
      close: note("close"),
      terminate: note("terminate"),
      ...(stopReading && { stopReading: note("stopReading") }),
    });
    const flood = () => {
      for (let n = 1; n <= 5 * FLOOD; n++) receiver.ping();
    };
    return { world, receiver, calls, flood };
  }

  test("and goes on flooding is cut at once, where its transport cannot stop reading", () => {
    const { world, calls, flood } = accept(false);
    for (const client of world.hub.clients) client.close(4_500, "Out.");
    flood();
    expect(calls).toEqual([
      ["close", 0],
      ["terminate", 0],
    ]);
  });

  test("and goes on flooding is not read any more, and cut a second later", () => {
    const { world, calls, flood } = accept(true);
    for (const client of world.hub.clients) client.close(4_500, "Out.");
    world.clock.advance(100);
    flood();
    world.clock.advance(10_000);
    expect(calls.filter(([call]) => call !== "stopReading")).toEqual([
      ["close", 0],
      ["terminate", 1_100],
    ]);
    expect(calls).toContainEqual(["stopReading", 100]);
  });

  test("because it floods gets its code, is not read any more, and cut a second later", () => {
    const { world, calls, flood } = accept(true);
    flood();
    world.clock.advance(10_000);
    expect([calls[0], calls[1], calls.at(-1)]).toEqual([
      ["close", 0],
      ["stopReading", 0],
      ["terminate", 1_000],
    ]);
  });

  test("may send what was on its way", () => {
    const { world, receiver, calls } = accept(false);
    for (const client of world.hub.clients) client.close(4_500, "Out.");
    for (let n = 1; n < FLOOD; n++) receiver.message("{}");
    expect(calls).toEqual([["close", 0]]);
  });

  test.each(["ending", "error"] as const)("by an %s of the peer is cut a second later", (kind) => {
    const { world, receiver, calls } = accept(true);
    if (kind === "ending") receiver.ending(1000);
    else receiver.error(new Error("Bad frame."));
    world.clock.advance(10_000);
    expect(calls).toEqual([["terminate", 1_000]]);
  });

  test("and is gone before the call returns leaves nothing to do", () => {
    const world = new World({ rateLimit });
    const calls: string[] = [];
    const receiver = world.hub.accept({
      bufferedAmount: 0,
      write() {},
      close: (code, reason) => receiver.closed(code, reason),
      stopReading: () => void calls.push("stopReading"),
      terminate: () => void calls.push("terminate"),
    });
    for (let n = 1; n <= 5 * FLOOD; n++) receiver.ping();
    world.clock.advance(10_000);
    expect(calls).toEqual([]);
    expect(world.emitted("disconnect")).toMatchObject([{ code: 1008 }]);
  });
});
