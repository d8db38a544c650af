import { describe, expect, test } from "vitest";
import { settle } from "../support/late-history.js";
import { errorCode, join, say, World } from "../support/world.js";

/** Alice, and a type whose handler is pending until `finish`. */
function busy(options = {}) {
  const world = new World({
    heartbeat: false,
    rateLimit: false,
    handlerTimeout: false,
    ...options,
  });
  let running = 0;
  let most = 0;
  const open: (() => void)[] = [];
  world.hub.handle("slow", async () => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => open.push(resolve));
    running--;
  });
  const a = world.enter("Alice", "general");
  const finish = async (count = open.length) => {
    for (const resolve of open.splice(0, count)) resolve();
    await settle(world);
  };
  const slow = (count: number) => {
    for (let n = 0; n < count; n++) a.send({ type: "slow", id: `${n}` });
    world.clock.flush();
    return a.take();
  };
  return { world, a, slow, finish, most: () => most };
}

describe("of one client's handlers, as many as maxPendingHandlers are pending when a turn ends:", () => {
  test("more are RATE_LIMITED and do not run, until one has settled", async () => {
    const { slow, finish, most } = busy({ maxPendingHandlers: 3 });
    for (let n = 0; n < 3; n++) expect(slow(1)).toEqual([]);
    for (let n = 0; n < 2; n++) expect(errorCode(slow(1))).toBe("RATE_LIMITED");
    expect(most()).toBe(3);
    await finish(1);
    expect(slow(1)).toMatchObject([{ type: "ack" }]);
    expect(errorCode(slow(1))).toBe("RATE_LIMITED");
    await finish();
    expect(slow(1)).toMatchObject([{ type: "ack" }, { type: "ack" }, { type: "ack" }]);
    expect(most()).toBe(3);
  });

  test("a hundred unless told otherwise, and any number where there is no limit", () => {
    const { slow } = busy();
    for (let n = 0; n < 100; n++) expect(slow(1)).toEqual([]);
    expect(errorCode(slow(1))).toBe("RATE_LIMITED");
    const unlimited = busy({ maxPendingHandlers: false });
    for (let n = 0; n < 300; n++) expect(unlimited.slow(1)).toEqual([]);
  });

  test("what one turn brings is begun, however much it is", async () => {
    const { slow, finish, most } = busy({ maxPendingHandlers: 3 });
    expect(slow(10)).toEqual([]);
    expect(most()).toBe(10);
    expect(slow(10)).toMatchObject(Array(10).fill({ payload: { code: "RATE_LIMITED" } }));
    await finish(7);
    expect(errorCode(slow(1).filter(({ type }) => type === "error"))).toBe("RATE_LIMITED");
    await finish(1);
    expect(slow(2).filter(({ type }) => type === "error")).toEqual([]);
  });

  test("those that settle in the turn in which they began do not count", async () => {
    const { world, a } = busy({ maxPendingHandlers: 3 });
    world.hub.handle("quick", async () => {
      for (let n = 0; n < 5; n++) await null;
    });
    for (let round = 0; round < 5; round++) {
      for (let n = 0; n < 150; n++) a.send({ type: "quick", id: `${n}` });
      await settle(world);
      expect(a.take("ack")).toHaveLength(150);
    }
  });

  test("those that failed, or are late, count until they have settled", async () => {
    const { world, slow, finish } = busy({ maxPendingHandlers: 1, handlerTimeout: 1_000 });
    slow(1);
    world.clock.advance(1_000);
    await settle(world);
    expect(slow(1)).toMatchObject([
      { type: "error", payload: { code: "INTERNAL" } },
      { type: "error", payload: { code: "RATE_LIMITED" } },
    ]);
    await finish();
    expect(slow(1)).toEqual([]);
  });

  test("the built-in types go on: to send, to leave, to answer, and to ask for a ping", () => {
    const { world, a, slow } = busy({ maxPendingHandlers: 1 });
    slow(1);
    for (const message of [say("general", 1, "1"), join("other", "2"), { type: "ping", id: "3" }]) {
      expect(world.ask(a, message).filter(({ type }) => type === "error")).toEqual([]);
    }
  });

  test("an application's handler of a built-in type counts", async () => {
    const { world, a } = busy({ maxPendingHandlers: 1 });
    world.hub.handle("stop_typing", () => new Promise(() => {}));
    expect(world.ask(a, { type: "stop_typing", id: "t" })).toEqual([]);
    expect(errorCode(world.ask(a, { type: "stop_typing", id: "t" }))).toBe("RATE_LIMITED");
  });

  test("each client has its own, and a connection that is gone leaves nothing behind", async () => {
    const { world, a, slow, finish } = busy({ maxPendingHandlers: 1 });
    slow(1);
    const b = world.connect("Alice");
    expect(world.ask(b, { type: "slow", id: "1" })).toEqual([]);
    a.cut();
    await finish();
    expect(world.ask(b, { type: "slow", id: "2" })).toMatchObject([{ type: "ack", id: "1" }]);
    expect(world.emitted("error")).toEqual([]);
  });
});
