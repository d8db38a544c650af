import type { Batch, Envelope, HubOptions, Receiver, Socket } from "roomcast";
import type { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { settle } from "../support/late-history.js";
import { errorCode, join, say, World } from "../support/world.js";

const MAX = 10_000;
const TEXT = "x".repeat(1_000);
/** Nearly the longest id that a message may have. */
const LONG = "x".repeat(120);

const look = (room: string, id?: string) => ({
  type: "online_users",
  payload: { room_id: room },
  id,
});
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const ids = (socket: MemorySocket) => socket.take().flatMap(({ id }) => id ?? []);

/** Some rooms with members whose names are long, so that `room_info` has some 3,000 bytes; Bob is in none. */
function crowd(options: HubOptions = {}, rooms = 1) {
  const world = new World({
    maxBufferedBytes: MAX,
    rateLimit: false,
    heartbeat: false,
    ...options,
  });
  for (const n of numbers(3)) {
    const names = numbers(rooms).map((room) => `room ${room}`);
    world.enter(`${n}${TEXT.slice(0, 480)}`, ...names);
  }
  const b = world.connect("Bob");
  return { world, b };
}

/** A line that takes as much as the test says. */
class SlowLine implements Socket {
  readonly received: Envelope[] = [];
  closed: number | undefined;
  /** The most that ever waited (bytes). */
  most = 0;
  bufferedAmount = 0;
  readonly #receiver: Receiver;
  readonly #waiting: ReturnType<Batch["messages"]>[number][] = [];

  constructor({ hub }: World) {
    this.#receiver = hub.accept(this, { user: { id: "bob", name: "Bob" } });
  }

  send(message: Envelope): void {
    this.#receiver.message(JSON.stringify(message));
  }

  /** Takes whole messages, until they are so many bytes. */
  take(bytes: number): void {
    for (let taken = 0; taken < bytes; ) {
      const message = this.#waiting.shift();
      if (message === undefined) break;
      taken += message.frame.length;
      this.bufferedAmount -= message.frame.length;
      this.received.push(JSON.parse(message.text));
    }
    this.#receiver.drain();
  }

  write(batch: Batch): void {
    this.#waiting.push(...batch.messages());
    this.bufferedAmount += batch.bytes;
    this.most = Math.max(this.most, this.bufferedAmount);
  }

  close(code: number): void {
    this.closed = code;
  }

  terminate(): void {
    this.closed = 1006;
  }
}

describe("of what a client asks for, half of maxBufferedBytes waits at most, and one answer more:", () => {
  const asks: Record<string, (b: MemorySocket, n: number) => void> = {
    "who is in a room": (b, n) => b.send(look("room 0", `${n}`)),
    "to join a room that it is in": (b, n) => b.send(join("room 0", `${n}`)),
    "to join many rooms": (b, n) => b.send(join(`room ${n}`, `${n}`)),
    pings: (b, n) => b.send({ type: "ping", id: `${n}${LONG}` }),
    "an application's handler": (b, n) => b.send({ type: "big", id: `${n}` }),
    "what is refused": (b, n) => b.send({ type: "what?", id: `${n}${LONG}` }),
    "a payload that nests too deep": (b, n) =>
      b.send(`{"type":"x","id":"${n}${LONG}","payload":${"[".repeat(70)}${"]".repeat(70)}}`),
    "what is no JSON": (b) => b.send("?"),
  };

  test.each(Object.keys(asks))("%s", (what) => {
    const { world, b } = crowd({}, 90);
    const count = what === "what is no JSON" ? 300 : 90;
    world.hub.handle("big", () => TEXT);
    b.pause();
    for (const n of numbers(count)) {
      asks[what]?.(b, n);
      expect(b.bufferedAmount).toBeLessThan(MAX / 2 + 3_500);
    }
    world.clock.flush();
    expect(b.bufferedAmount).toBeGreaterThan(MAX / 2);
    expect(b.bufferedAmount).toBeLessThan(MAX / 2 + 3_500);
    expect(b.closed).toBeUndefined();
    b.resume();
    world.clock.flush();
    const got = b.take();
    expect(got).toHaveLength(count);
    if (what === "what is no JSON") return;
    expect(got.map(({ id }) => Number.parseInt(id as string, 10))).toEqual(numbers(count));
  });

  test("more than the rate allows, which is refused in its turn", () => {
    const { world, b } = crowd({ rateLimit: { perSecond: 1, burst: 2 }, maxBufferedBytes: 600 });
    b.pause();
    for (const n of numbers(11)) b.send({ type: "ping", id: `${n}` });
    world.clock.flush();
    expect(b.bufferedAmount).toBeLessThan(300 + 150);
    b.resume();
    world.clock.flush();
    expect(b.received.map(({ type }) => type)).toEqual([
      ...Array(2).fill("pong"),
      ...Array(9).fill("error"),
    ]);
    expect(ids(b)).toEqual(numbers(11).map(String));
  });

  test("what an application's handlers come to later, and then their calls end", async () => {
    const { world, b } = crowd({ maxPendingHandlers: 50 });
    const open: (() => void)[] = [];
    world.hub.handle("later", () => new Promise((resolve) => open.push(() => resolve(TEXT))));
    b.pause();
    for (const n of numbers(40)) b.send({ type: "later", id: `${n}` });
    for (const resolve of open) resolve();
    await settle(world);
    expect(b.bufferedAmount).toBeLessThan(MAX / 2 + 1_200);
    b.resume();
    await settle(world);
    expect(ids(b)).toEqual(numbers(40).map(String));
    for (const n of numbers(50)) b.send({ type: "later", id: `${n}` });
    await settle(world);
    expect(b.take()).toEqual([]);
  });

  test("who is in a room, where authorize takes its time", async () => {
    const { world, b } = crowd({
      authorize: ({ user }) => user.id !== "bob" || Promise.resolve(true),
    });
    b.pause();
    for (const n of numbers(60)) b.send(look("room 0", `${n}`));
    await settle(world);
    expect(b.bufferedAmount).toBeLessThan(MAX / 2 + 3_500);
    b.resume();
    await settle(world);
    expect(ids(b)).toEqual(numbers(60).map(String));
  });

  test("rooms that it rejoins, each with what it missed", () => {
    const { world, b } = crowd({ history: {} }, 20);
    const positions = numbers(20).map((n) => {
      const room = world.hub.room(`room ${n}`);
      void room.broadcast("first");
      return { room_id: room.id, since: room.position };
    });
    b.send(join("room 0"));
    for (const { room_id } of positions) b.send(join(room_id));
    world.clock.flush();
    b.cut();
    for (const { room_id } of positions) {
      for (const _ of numbers(10)) world.hub.room(room_id).broadcast("n", TEXT);
    }
    world.clock.flush();
    const again = new SlowLine(world);
    for (const payload of positions) again.send({ type: "join_room", payload });
    for (let n = 0; n < 300 && again.received.length < 220; n++) {
      world.clock.flush();
      again.take(1_000);
    }
    expect(again.most).toBeLessThan(MAX + 3_500);
    expect(again.received.filter(({ type }) => type === "n")).toHaveLength(200);
    for (const { room_id } of positions) {
      const seqs = again.received.flatMap(({ room, seq }) => (room === room_id ? (seq ?? 0) : []));
      expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
    }
  });
});

describe("what waits for a client to read its answers", () => {
  test("keeps its order, and everything else goes on", () => {
    const { world, b } = crowd();
    b.send(join("room 0", "0"));
    b.pause();
    for (const n of [1, 2, 3]) b.send(look("room 0", `${n}`));
    b.send(say("room 0", "mine", "4"));
    b.send({ type: "ping", id: "5" });
    world.hub.broadcast("all");
    world.client("bob").send("direct");
    world.clock.flush();
    expect(world.hub.room("room 0").position).toMatchObject({ seq: 0 });
    b.resume();
    world.clock.flush();
    expect(b.take().flatMap(({ id, type }) => id ?? type)).toEqual([
      ...["0", "1", "all", "direct", "2", "3", "4", "5"],
    ]);
  });

  test("is looked at where the transport does not say that it drains", () => {
    const { world, b } = crowd();
    let waits = MAX;
    Object.defineProperty(b, "bufferedAmount", { get: () => waits });
    for (const n of numbers(4)) b.send(look("room 0", `${n}`));
    world.clock.advance(1_000);
    expect(ids(b)).toEqual(["0", "1"]);
    waits = 0;
    world.clock.advance(250);
    expect(ids(b)).toEqual(["2", "3"]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("answers to the server's requests do not, nor do pongs", async () => {
    const { world, b } = crowd();
    b.pause();
    for (const n of numbers(4)) b.send(look("room 0", `${n}`));
    const receipt = world.client("bob").request("ready?");
    world.clock.flush();
    b.send({ type: "pong" });
    b.send({ type: "ack", id: "#1", payload: "yes" });
    expect(await receipt).toMatchObject({ status: "ack", payload: "yes" });
  });

  test.each([
    ["a thousand messages", 1_000, ""],
    ["a hundred of the largest size", 100, "x".repeat(4_000)],
  ])("is %s at most, then it is closed with 4000", (_, count, text) => {
    const { world, b } = crowd();
    b.pause();
    for (const _ of numbers(2)) b.send(look("room 0"));
    for (const _ of numbers(count)) b.send({ type: "draw", payload: text });
    world.clock.flush();
    expect(b.closed).toBeUndefined();
    for (const _ of numbers(5)) b.send({ type: "draw", payload: text });
    world.clock.flush();
    expect(b.closed).toMatchObject({ code: 4_000, reason: expect.stringContaining("read") });
    expect(world.clock.pendingTimers).toBeLessThanOrEqual(1);
  });

  test("is nothing where a client reads, whatever it asks for in one turn", () => {
    const { world, b } = crowd();
    for (const n of numbers(90)) b.send(look("room 0", `${n}`));
    world.clock.flush();
    expect(ids(b)).toEqual(numbers(90).map(String));
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("goes with the client, and with the hub", async () => {
    for (const end of ["cut", "close", "hub"] as const) {
      const { world, b } = crowd({ presence: "none", maxBufferedBytes: 100 });
      world.hub.handle("later", async () => TEXT);
      b.pause();
      for (const _ of numbers(9)) b.send({ type: "later", id: LONG });
      await settle(world);
      for (const _ of numbers(9)) b.send({ type: "ping", id: LONG });
      if (end === "cut") b.cut();
      else if (end === "close") world.client("bob").close();
      const closed = world.hub.close({ timeout: 1_000 });
      world.clock.flush();
      await settle(world);
      await closed;
      expect(world.clock.pendingTimers).toBe(0);
      expect(world.emitted("error")).toEqual([]);
    }
  });

  test("works with a limit that is smaller than any answer", () => {
    const { world } = crowd({ maxBufferedBytes: 1 });
    const line = new SlowLine(world);
    for (const n of numbers(5)) line.send(look("room 0", `${n}`));
    for (const n of numbers(5)) {
      world.clock.flush();
      line.take(1);
      expect(line.received.map(({ id }) => id)).toEqual(numbers(n + 1).map(String));
    }
  });
});

describe("a client that asks for more and reads nothing", () => {
  const ask = (lagTimeout: number | false) => {
    const { world, b } = crowd({ lagTimeout });
    b.pause();
    for (const n of numbers(10)) b.send(look("room 0", `${n}`));
    return { world, b };
  };
  const pass = (world: World, b: MemorySocket, seconds: number) => {
    for (const _ of numbers(seconds)) {
      world.clock.advance(1_000);
      b.send({ type: "pong" });
    }
  };

  test("is closed after lagTimeout, though it never lagged", () => {
    const { world, b } = ask(5_000);
    pass(world, b, 4);
    expect(b.closed).toBeUndefined();
    pass(world, b, 2);
    expect(b.closed).toMatchObject({ code: 4_000 });
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("stays where lagTimeout is false", () => {
    const { world, b } = ask(false);
    pass(world, b, 60);
    expect(b.closed).toBeUndefined();
  });

  test("stays while it reads, however slowly", () => {
    const { world } = crowd({ lagTimeout: 5_000 });
    const line = new SlowLine(world);
    for (const n of numbers(20)) line.send(look("room 0", `${n}`));
    for (const _ of numbers(15)) {
      world.clock.advance(4_000);
      line.take(1);
    }
    expect(line.closed).toBeUndefined();
  });
});

describe("a page that rejoins twenty large rooms on a slow line", () => {
  test("gets into all of them, in order, and never lags", () => {
    const { world } = crowd({ lagTimeout: 5_000 }, 20);
    const line = new SlowLine(world);
    for (const n of numbers(20)) line.send(join(`room ${n}`, `${n}`));
    line.send(say("room 19", "hello", "20"));
    for (let second = 0; second < 120; second++) {
      world.clock.advance(1_000);
      line.take(500);
    }
    expect(line.closed).toBeUndefined();
    expect(line.received.flatMap(({ id }) => id ?? [])).toEqual(numbers(21).map(String));
    expect(world.emitted("lag")).toEqual([]);
  });
});

describe("a burst is looked at again, though nothing more is sent", () => {
  test("its client lags, and is closed after lagTimeout", () => {
    const { world, b } = crowd({ lagTimeout: 5_000 });
    b.pause();
    for (const _ of numbers(40)) world.client("bob").send("news", TEXT);
    world.clock.flush();
    expect(b.bufferedAmount).toBeGreaterThan(40_000);
    expect(world.emitted("lag")).toEqual([]);
    world.clock.advance(250);
    expect(world.emitted("lag")).toHaveLength(1);
    for (const _ of numbers(5)) {
      world.clock.advance(1_000);
      b.send({ type: "pong" });
    }
    world.clock.advance(500);
    expect(b.closed).toMatchObject({ code: 4_000 });
  });

  test("a client that reads it in the meantime has never lagged, and no timer runs on", () => {
    const { world, b } = crowd();
    b.pause();
    for (const _ of numbers(40)) world.client("bob").send("news", TEXT);
    world.clock.flush();
    b.resume();
    world.clock.advance(250);
    expect(world.emitted("lag")).toEqual([]);
    expect(b.take("news")).toHaveLength(40);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("also a client that is told who is in its rooms once it has caught up gets no more than it takes", () => {
    const { world } = crowd({ history: {}, lagTimeout: 20_000 }, 20);
    const line = new SlowLine(world);
    for (const n of numbers(20)) line.send(join(`room ${n}`));
    for (let n = 0; n < 20; n++) {
      line.take(MAX);
      world.clock.flush();
    }
    for (const _ of numbers(12)) world.client("bob").send("news", TEXT);
    world.clock.advance(250);
    world.clock.flush();
    world.enter("Carl", ...numbers(20).map((n) => `room ${n}`));
    world.clock.flush();
    Object.assign(line, { most: 0 });
    line.received.length = 0;
    for (let second = 0; second < 120; second++) {
      line.take(1_000);
      world.clock.advance(1_000);
    }
    expect(line.most).toBeLessThan(MAX / 2 + 3_500);
    expect(line.received.filter(({ type }) => type === "room_info")).toHaveLength(20);
    expect(line.closed).toBeUndefined();
    expect(world.emitted("recovered")).toHaveLength(1);
  });
});

test("a client that reads the burst late, and is sent something then, has missed nothing", () => {
  const { world, b } = crowd();
  b.send(join("room 0"));
  b.pause();
  for (const _ of numbers(40)) world.client("bob").send("news", TEXT);
  world.clock.advance(600);
  // Its transport does not say that it drains.
  Object.defineProperty(b, "bufferedAmount", { value: 0 });
  world.hub.room("room 0").broadcast("n", 1);
  world.clock.flush();
  b.resume();
  expect(b.take("n")).toHaveLength(1);
  expect(b.take("gap")).toEqual([]);
  world.clock.advance(500);
  expect(world.hub.stats().lagging).toBe(0);
});

test("an error that comes while nothing else waits is sent at once", () => {
  const { world, b } = crowd();
  expect(errorCode(world.ask(b, "?"))).toBe("INVALID_FORMAT");
});
