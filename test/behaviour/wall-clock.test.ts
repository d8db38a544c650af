import { RoomcastError } from "roomcast";
import { describe, expect, test, vi } from "vitest";
import { codeOf, PageWorld } from "../browser/page-world.js";
import { join, leave, say, World } from "../support/world.js";

const HOUR = 3_600_000;

describe.each([
  ["forward", HOUR],
  ["back", -HOUR],
])("a wall clock that is set %s by an hour", (_, step) => {
  const set = ({ clock }: World) => clock.setTime(clock.now() + step);

  test("cuts nobody, and a peer that vanished is found in time", () => {
    const world = new World();
    const [a, b] = [world.enter("Alice"), world.enter("Bob")];
    b.answersPings = false;
    world.clock.advance(20_000);
    set(world);
    world.clock.advance(20_000);
    set(world);
    expect(world.hub.clients.size).toBe(2);
    world.clock.advance(12_000);
    expect([a.closed, b.closed?.code]).toEqual([undefined, 1006]);
  });

  test("grants no messages beyond the rate, and takes none away", () => {
    const world = new World({ rateLimit: { perSecond: 10, burst: 5 } });
    const a = world.enter("Alice");
    const refused = () => world.ask(a, { type: "ping" }).filter(({ type }) => type === "error");
    for (let count = 0; count < 5; count++) expect(refused()).toEqual([]);
    set(world);
    expect(refused()).toHaveLength(1);
    world.clock.advance(200);
    set(world);
    expect(refused()).toEqual([]);
  });

  test("forgets no history, and keeps none for longer", () => {
    const world = new World({ history: { ttl: 60_000 } });
    const a = world.enter("Alice", "general");
    world.enter("Bob", "general");
    const { epoch, seq } = world.hub.room("general").position ?? {};
    world.ask(a, say("general", "hi"));
    const recover = () => {
      const payload = { room_id: "general", since: { epoch, seq } };
      a.send({ type: "leave_room", payload: { room_id: "general" } });
      const page = world.connect("Bob");
      const answers = world.ask(page, { type: "join_room", payload });
      page.hangUp();
      return answers.filter(({ type }) => type === "new_message").length;
    };
    set(world);
    world.clock.advance(59_000);
    expect(recover()).toBe(1);
    set(world);
    expect(recover()).toBe(1);
    world.clock.advance(1_000);
    expect(recover()).toBe(0);
  });

  test("closes no client that lags, before its time or after", () => {
    const world = new World({ lagTimeout: 10_000, maxBufferedBytes: 1_000, heartbeat: false });
    const a = world.enter("Alice");
    a.pause();
    for (let count = 0; count < 3; count++) {
      world.client("alice").send("note", "x".repeat(600));
      world.clock.flush();
    }
    world.clock.advance(5_000);
    set(world);
    world.clock.advance(4_500);
    expect(world.emitted("lag")).toHaveLength(1);
    expect(a.closed).toBeUndefined();
    world.clock.advance(1_000);
    expect(a.closed?.code).toBe(4_000);
  });

  test("announces joins at once, as before", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    world.enter("Bob", "general");
    set(world);
    world.connect("Carol").send(join("general"));
    world.clock.flush();
    expect(a.take("user_joined")).toHaveLength(2);
  });

  test("waits for a member whose line broke as long as before", () => {
    const world = new World({ presence: { grace: 10_000 }, heartbeat: false });
    const a = world.enter("Alice", "general");
    world.enter("Bob", "general").cut();
    a.take();
    set(world);
    world.clock.advance(3_000);
    set(world);
    world.clock.advance(6_999);
    expect(a.take().map(({ type }) => type)).toEqual(["user_reconnecting"]);
    world.clock.advance(1);
    expect(a.take().map(({ type }) => type)).toEqual(["user_left"]);
  });

  test("ends an indicator of typing when it did before", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    b.send({ type: "typing", room: "general" });
    set(world);
    world.clock.advance(4_999);
    expect(a.take("user_typing")).toHaveLength(1);
    set(world);
    world.clock.advance(1);
    expect(a.take("user_typing")).toMatchObject([{ payload: { typing: false } }]);
  });

  test("tells of one who comes and goes, and logs an error, once the second is over", () => {
    const error = vi.fn();
    const logger = { debug() {}, info() {}, warn() {}, error };
    const world = new World({ logger });
    world.hub.removeAllListeners("error");
    world.hub.handle("fail", () => Promise.reject(new Error("no")));
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    const flap = () => {
      for (const message of [leave("general"), join("general"), leave("general")]) b.send(message);
      world.clock.flush();
      b.send(join("general"));
    };
    flap();
    set(world);
    world.clock.advance(999);
    expect(a.take("user_joined")).toHaveLength(1);
    world.clock.advance(1);
    expect(a.take("user_joined")).toHaveLength(1);
    for (const wait of [0, 999, 1]) {
      world.clock.advance(wait);
      set(world);
      world.hub.runtime.report(new RoomcastError("HANDLER_FAILED", "no"));
    }
    expect(error).toHaveBeenCalledTimes(2);
  });

  test("neither expires what waits on a page, nor keeps it for longer", async () => {
    const world = new PageWorld();
    const { connection } = await world.visit("Alice");
    world.network.last.end(1006);
    world.network.isDown = true;
    const asked = codeOf(connection.request("ping", 1));
    let code: string | undefined;
    void asked.then((it) => {
      code = it;
    });
    set(world);
    await world.pass(29_000);
    set(world);
    expect(code).toBeUndefined();
    await world.pass(1_000);
    expect(code).toBe("EXPIRED");
  });

  test("shows that somebody types on a page, as often as before", async () => {
    const world = new PageWorld();
    const { room, line } = await world.visit("Alice");
    const typed = () => line.sent.filter((text) => text.includes('"typing"')).length;
    room.typing();
    expect(typed()).toBe(1);
    set(world);
    room.typing();
    expect(typed()).toBe(1);
    await world.pass(2_900);
    room.typing();
    await world.pass(100);
    set(world);
    room.typing();
    expect(typed()).toBe(2);
  });

  test("neither makes nor unmakes a stable connection of a page", async () => {
    const world = new PageWorld();
    const { connection } = await world.visit("Alice");
    const delays: number[] = [];
    connection.on("status", (status) => {
      if (status.state === "waiting") delays.push(status.delay);
    });
    const lose = async (after: number) => {
      await world.pass(after);
      set(world);
      world.network.last.end(1006);
      await world.pass(delays.at(-1) ?? 0);
    };
    for (const after of [0, 0, 6_000]) await lose(after);
    const [first = 0, second = 0, third] = delays;
    expect(second).toBeGreaterThan(first);
    expect(third).toBe(first);
  });
});
