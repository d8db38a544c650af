import { describe, expect, test } from "vitest";
import { say, World } from "../support/world.js";

/** A room with one who watches, and a crowd that comes at once. */
function crowd(size: number) {
  const world = new World();
  const watcher = world.enter("Watcher", "general");
  world.clock.advance(250);
  const sockets = Array.from({ length: size }, (_, n) => world.connect(`C${n}`));
  for (const socket of sockets) {
    socket.send({ type: "join_room", payload: { room_id: "general" } });
    world.clock.flush();
  }
  return { world, watcher, sockets };
}

describe("a crowd that comes at once", () => {
  test("is told of at once at first, and then together, a quarter of a second later", () => {
    const { world, watcher } = crowd(100);
    expect(watcher.take()).toHaveLength(20);
    world.clock.advance(249);
    expect(watcher.take()).toHaveLength(0);
    world.clock.advance(1);
    expect(watcher.take().map(({ payload }) => payload)).toEqual(
      Array.from({ length: 80 }, (_, n) => ({ id: `c${n + 20}`, name: `C${n + 20}` })),
    );
  });

  test("is told of before any message that comes after it", () => {
    const { world, watcher, sockets } = crowd(100);
    expect(watcher.take()).toHaveLength(20);
    world.ask(sockets[99] as (typeof sockets)[0], say("general", "hello"));
    const types = watcher.take().map(({ type }) => type);
    expect(types).toEqual([...Array<string>(80).fill("user_joined"), "new_message"]);
    world.clock.advance(250);
    expect(watcher.take()).toEqual([]);
  });

  test("is let in at once: whoever joins is told who is there", () => {
    const { sockets } = crowd(100);
    const last = sockets.at(-1)?.take("room_info");
    expect(last).toMatchObject([{ payload: { count: 101 } }]);
  });

  test("goes in the same way, and a calm follows", () => {
    const { world, watcher, sockets } = crowd(100);
    world.clock.advance(250);
    watcher.take();
    for (const socket of sockets) {
      socket.cut();
      world.clock.flush();
    }
    expect(watcher.take()).toHaveLength(20);
    world.clock.advance(250);
    expect(watcher.take()).toHaveLength(80);
    world.enter("Late", "general");
    expect(watcher.take()).toMatchObject([{ type: "user_joined" }]);
  });

  test("that a slow client is not told of is made good by a new room_info", () => {
    const world = new World({ maxBufferedBytes: 10 });
    const watcher = world.enter("Watcher", "general");
    watcher.pause();
    world.client("watcher").send("n", "more than ten bytes");
    world.clock.flush();
    for (let n = 0; n < 20; n++) world.enter(`C${n}`, `elsewhere ${n}`);
    world.enter("Late", "general");
    world.clock.advance(250);
    watcher.resume();
    world.clock.flush();
    expect(watcher.take()).toMatchObject([
      { type: "n" },
      { type: "room_info", payload: { count: 2 } },
    ]);
    expect(world.emitted("drop")).toEqual([]);
  });

  test("leaves no timer behind when the hub closes", async () => {
    const { world } = crowd(100);
    const closed = world.hub.close();
    world.clock.flush();
    await closed;
    expect(world.clock.pendingTimers).toBe(0);
  });
});
