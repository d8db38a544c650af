import type { Position } from "roomcast";
import { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { rejoin } from "../support/late-history.js";
import { join, leave, World } from "../support/world.js";

/** What all share is limited. Whoever is here, or lost the line just now, loses nothing to others who fill it. */

const options = { heartbeat: false, rateLimit: false, maxRoomsPerClient: false } as const;

/** A hub with one user, Vera, who is alone in "private" and whose line breaks before something is said there. */
function lonely(more: object = {}) {
  const world = new World({ ...options, history: {}, ...more });
  world.enter("Vera", "private").cut();
  return { world, since: world.hub.room("private").position as Position };
}

/** What Vera is told, who comes back: whether all that was missed came, and how many messages. */
function comeBack(world: World, since: unknown, room = "private", name = "Vera") {
  const [info, ...missed] = world.ask(world.connect(name), rejoin(room, since));
  return [(info?.payload as { recovered?: boolean } | undefined)?.recovered, missed.length];
}

/** Goes into rooms of one's own, and out again, one after the other. */
function roam(world: World, name: string, count: number, say: boolean, end: "leave" | "cut") {
  let socket = world.connect(name);
  for (let n = 0; n < count; n++) {
    const room = `${name} ${n}`;
    socket.send(join(room));
    if (say) world.hub.room(room).broadcast("n", n);
    if (end === "leave") socket.send(leave(room));
    else {
      socket.cut();
      socket = world.connect(name);
    }
    socket.take();
  }
  world.clock.flush();
  socket.cut();
}

describe("of ten thousand rooms that nobody is in,", () => {
  test.each([
    ["rooms in which nothing was said", false, "leave"],
    ["rooms in which nothing was said, on lines that break", false, "cut"],
    ["rooms in which something was said", true, "leave"],
    ["rooms in which something was said, on lines that break", true, "cut"],
  ] as const)("one user who fills them with %s ends nobody's", (_, say, end) => {
    const { world, since } = lonely();
    void world.hub.room("private").broadcast("n", "missed");
    roam(world, "Eve", 11_000, say, end);
    expect(comeBack(world, since)).toEqual([true, 1]);
  });

  test("rooms that keep nothing end nobody's history", () => {
    const { world, since } = lonely({ history: (id: string) => id === "private" && {} });
    void world.hub.room("private").broadcast("n", "missed");
    for (let n = 0; n < 11; n++) roam(world, `Eve${n}`, 1_000, true, "cut");
    expect(comeBack(world, since)).toEqual([true, 1]);
  });

  test("a user who fills a tenth has a new one for the oldest, and keeps the rest", () => {
    const world = new World({ ...options, history: {} });
    roam(world, "Eve", 1_001, true, "cut");
    expect(world.hub.room("Eve 0").position).toBeUndefined();
    expect(world.hub.room("Eve 1").position?.seq).toBe(1);
    expect(world.hub.room("Eve 1000").position?.seq).toBe(1);
  });

  test("that of a user who has few stays, however many others have many", () => {
    const { world, since } = lonely();
    void world.hub.room("private").broadcast("n", "missed");
    for (let n = 0; n < 11; n++) roam(world, `Eve${n}`, 1_000, true, "cut");
    expect(comeBack(world, since)).toEqual([true, 1]);
    expect(world.hub.room("Eve0 0").position).toBeUndefined();
    expect(world.hub.room("Eve10 999").position?.seq).toBe(1);
  });

  test("those of guests go before those of users, and those without messages before both", () => {
    const world = new World({ ...options, history: {} });
    world.enter("Una", "una's").cut();
    void world.hub.room("una's").broadcast("n");
    world.enter("Una", "una's, empty").cut();
    const guest = MemorySocket.connect(world.hub);
    guest.send(join("a guest's"));
    void world.hub.room("a guest's").broadcast("n");
    guest.cut();
    const kept = () =>
      ["una's", "una's, empty", "a guest's"].map((id) => world.hub.room(id).position?.seq);
    const fill = (from: number, to: number) => {
      for (let n = from; n < to; n++) void world.hub.room(`news ${n}`).broadcast("n");
      return kept();
    };
    expect(fill(0, 9_997)).toEqual([1, 0, 1]);
    expect(fill(9_997, 9_998)).toEqual([1, undefined, 1]);
    expect(fill(9_998, 9_999)).toEqual([1, undefined, undefined]);
    // Now the application is it that has most.
    expect(fill(9_999, 10_100)).toEqual([1, undefined, undefined]);
    expect(world.hub.room("news 0").position).toBeUndefined();
  });

  test("a room stays with whom the line broke, whoever passes through afterwards", () => {
    for (const end of ["leave", "cut", "guest"] as const) {
      const { world, since } = lonely();
      void world.hub.room("private").broadcast("n", "missed");
      const eve = end === "guest" ? MemorySocket.connect(world.hub) : world.connect("Eve");
      eve.send(join("private"));
      if (end === "leave") eve.send(leave("private"));
      eve.cut();
      roam(world, "Eve", 1_001, true, "cut");
      expect(comeBack(world, since)).toEqual([true, 1]);
    }
  });

  test("none is kept that nothing was said in, and that nobody's line broke in", () => {
    const world = new World({ ...options, history: {} });
    world.enter("Vera", "left").hangUp();
    world.enter("Vera", "broken").cut();
    expect(["left", "broken"].map((id) => world.hub.room(id).position?.seq)).toEqual([
      undefined,
      0,
    ]);
    expect(world.clock.pendingTimers).toBe(1);
  });

  test("all go in their time, and leave nothing behind", () => {
    const world = new World({ ...options, history: { ttl: 1_000 } });
    for (const end of ["leave", "cut"] as const) roam(world, `E ${end}`, 1_500, true, end);
    for (let n = 0; n < 12_000; n++) void world.hub.room(`news ${n}`).broadcast("n");
    world.clock.advance(1_000);
    expect(world.clock.pendingTimers).toBe(0);
    expect(world.hub.room("news 11999").position).toBeUndefined();
  });
});

describe("of ten thousand users who may come back to a room,", () => {
  /** Ten thousand and more users, or guests, go through a room. */
  const passThrough = (world: World, isGuest: boolean) => {
    for (let n = 0; n < 10_001; n++) {
      const user = { id: `u${n}`, name: "Passer-by" };
      const passer = MemorySocket.connect(world.hub, isGuest ? {} : { user });
      passer.send(join("hall"));
      passer.cut();
    }
    world.clock.flush();
  };

  const hall = (grace: number) => {
    const world = new World({ ...options, history: {}, presence: { show: "none", grace } });
    const here = world.enter("Hera", "hall");
    world.enter("Vera", "hall").cut();
    const since = world.hub.room("hall").position as Position;
    return { world, here, since };
  };

  test("guests end nobody's right", () => {
    const { world, since } = hall(0);
    passThrough(world, true);
    void world.hub.room("hall").broadcast("n");
    expect(comeBack(world, since, "hall")).toEqual([true, 1]);
  });

  test("users do not end that of one who is here, or is waited for", () => {
    const { world, here, since } = hall(10_000);
    passThrough(world, false);
    here.cut();
    void world.hub.room("hall").broadcast("n");
    expect(comeBack(world, since, "hall")).toEqual([true, 1]);
    expect(comeBack(world, since, "hall", "Hera")).toEqual([true, 1]);
  });

  test.each([0, 500])(
    "the one goes who has been away for longest, after a grace of %i ms",
    (grace) => {
      const { world, since } = hall(grace);
      passThrough(world, false);
      world.clock.advance(grace);
      void world.hub.room("hall").broadcast("n");
      expect(comeBack(world, since, "hall")).toEqual([false, 0]);
      expect(comeBack(world, since, "hall", "U0")).toEqual([false, 0]);
      expect(comeBack(world, since, "hall", "U1")).toEqual([true, 1]);
      expect(comeBack(world, since, "hall", "U10000")).toEqual([true, 1]);
    },
  );
});

describe("of a hundred thousand members who are waited for,", () => {
  /** A user is in that many rooms, and the line breaks. */
  const vanish = (world: World, name: string, rooms: number) => {
    const socket = world.connect(name);
    const client = world.client(name.toLowerCase());
    for (let n = 0; n < rooms; n++) void client.join(`room ${n}`);
    socket.cut();
  };

  const waiting = () =>
    new World({ ...options, presence: { show: "none", grace: 60_000 }, history: {} });

  const isThere = (world: World, room: string, id: string) =>
    world.hub.room(room).members.some((member) => member.id === id);

  test("one user has a tenth at most", () => {
    const world = waiting();
    vanish(world, "Eve", 10_001);
    expect(isThere(world, "room 9999", "eve")).toBe(true);
    expect(isThere(world, "room 10000", "eve")).toBe(false);
    vanish(world, "Vera", 1);
    expect(isThere(world, "room 0", "vera")).toBe(true);
  });

  test("who is waited for in most rooms is so in one less", () => {
    const world = waiting();
    for (let n = 0; n < 10; n++) vanish(world, `Eve${n}`, 10_000);
    vanish(world, "Vera", 2);
    expect(["room 0", "room 1"].map((room) => isThere(world, room, "vera"))).toEqual([true, true]);
    expect([0, 1, 2].map((n) => isThere(world, "room 0", `eve${n}`))).toEqual([false, false, true]);
    expect(isThere(world, "room 1", "eve0")).toBe(true);
    // Who has most already is not waited for in one more.
    vanish(world, "Eve3", 10_001);
    expect(isThere(world, "room 10000", "eve3")).toBe(false);
  });

  test("none is a guest: nobody comes back as the same guest", () => {
    const world = waiting();
    const guest = MemorySocket.connect(world.hub);
    guest.send(join("hall"));
    guest.cut();
    expect(world.hub.room("hall").members).toEqual([]);
    expect(world.emitted("roomRemoved")).toHaveLength(1);
  });
});
