import { Hub } from "roomcast";
import { MemorySocket, VirtualClock } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { World } from "../support/world.js";

describe("a memory socket", () => {
  test("takes what arrived out of received, all or by type", () => {
    const world = new World();
    const a = world.connect("Alice");
    world.client("alice").send("one", 1);
    world.client("alice").send("two", 2);
    world.client("alice").send("one", 3);
    world.clock.flush();
    expect(a.take("one").map(({ payload }) => payload)).toEqual([1, 3]);
    expect(a.received.map(({ type }) => type)).toEqual(["two"]);
    expect(a.take()).toHaveLength(1);
    expect(a.received).toEqual([]);
  });

  test("lets what is written wait while it is paused, and counts its bytes", () => {
    const world = new World();
    const a = world.connect("Alice");
    a.pause();
    world.client("alice").send("n", "€");
    world.clock.flush();
    expect(a.received).toEqual([]);
    expect(a.bufferedAmount).toBe(
      Buffer.byteLength('{"type":"n","payload":"€","timestamp":"2000-01-01T00:00:00.000Z"}'),
    );
    a.resume();
    expect(a.received).toHaveLength(1);
    expect(a.bufferedAmount).toBe(0);
  });

  test("tells how it was closed, by either end", () => {
    const world = new World();
    const [a, b, c] = [world.connect("Alice"), world.connect("Bob"), world.connect("Carl")];
    world.client("alice").close(4_000, "Bye.");
    b.hangUp(4_001, "Gone.");
    c.cut();
    world.clock.flush();
    expect([a, b, c].map(({ closed }) => closed)).toEqual([
      { code: 4_000, reason: "Bye." },
      { code: 4_001, reason: "Gone." },
      { code: 1006, reason: "" },
    ]);
    a.send({ type: "ping" });
    expect(world.ask(a, { type: "ping" })).toEqual([]);
  });

  test("works on the runtime's own clock too", async () => {
    const hub = new Hub();
    const socket = MemorySocket.connect(hub);
    socket.send({ type: "ping" });
    await expect.poll(() => socket.take()).toEqual([{ type: "pong" }]);
    await hub.close();
  });
});

describe("a virtual clock", () => {
  test("runs timeouts in the order in which they are due, each at its time", () => {
    const clock = new VirtualClock(0);
    const seen: [string, number][] = [];
    const note = (name: string) => () => seen.push([name, clock.now()]);
    clock.setTimeout(note("late"), 20);
    clock.setTimeout(note("early"), 10);
    clock.setTimeout(() => clock.setTimeout(note("nested"), 5), 10);
    const taken = clock.setTimeout(note("never"), 5);
    clock.clearTimeout(taken);
    clock.clearTimeout(undefined);
    clock.advance(20);
    expect(seen).toEqual([
      ["early", 10],
      ["nested", 15],
      ["late", 20],
    ]);
    expect(clock.now()).toBe(20);
    expect(clock.pendingTimers).toBe(0);
  });

  test("that slept runs late what was due", () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    clock.setTimeout(() => seen.push(clock.now()), 10);
    clock.setTimeout(() => seen.push(clock.now()), 2_000);
    clock.sleep(1_000);
    expect(seen).toEqual([1_000]);
    clock.advance(1_000);
    expect(seen).toEqual([1_000, 2_000]);
  });

  test("ends one turn with tick, and all with flush", () => {
    const clock = new VirtualClock(0);
    let turns = 0;
    const again = () => {
      if (++turns < 3) clock.setImmediate(again);
    };
    clock.setImmediate(again);
    clock.tick();
    expect(turns).toBe(1);
    clock.flush();
    expect(turns).toBe(3);
  });
});
