import type { HubOptions } from "roomcast";
import type { ConnectionRoom, JoinOptions } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import { PageWorld } from "./page-world.js";
import { record } from "./scripted.js";

/** A room in which Ben has sent messages, and is. */
async function talk(count: number, options: HubOptions = { history: { newcomers: 50 } }) {
  const world = new PageWorld(options);
  const ben = await world.visit("Ben");
  const say = async (times: number) => {
    for (let n = 1; n <= times; n++) await world.settle(ben.room.send(n));
  };
  await say(count);
  return { world, ben, say };
}

/** A page that joins, and what it hears; the listeners come only when it has joined. */
async function open(world: PageWorld, name: string, options: JoinOptions = {}) {
  const connection = world.dial(name);
  const room = await world.settle(connection.join("general", options));
  const heard = record(room);
  await world.quiet();
  const line = world.network.last;
  return { connection, room, heard, line };
}

/** What browsers close the connections of a page with that is gone, as by a reload. */
const PAGE_GONE = 1001;

/** What a page keeps over a reload. */
const keep = ({ position }: ConnectionRoom) => JSON.parse(JSON.stringify(position));

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("a page that was reloaded", () => {
  test("hears exactly what it missed, and then goes on", async () => {
    const { world, say } = await talk(3);
    const before = await open(world, "Ada");
    await say(4);
    const since = keep(before.room);
    await say(2);
    before.line.end(PAGE_GONE);
    await say(5);
    const after = await open(world, "Ada", { since, last: 50 });
    await say(1);
    expect(before.heard).toEqual(range(4, 9));
    expect(after.heard).toEqual(range(8, 15));
    expect(keep(after.room)).toEqual({ ...since, seq: 15 });
  });

  test("misses nothing where it kept its position before it listened", async () => {
    const { world, say } = await talk(3);
    const connection = world.dial("Ada");
    const room = await world.settle(connection.join("general"));
    await say(4);
    const since = keep(room);
    expect(since.seq).toBe(3);
    world.network.last.end(PAGE_GONE);
    const { heard } = await open(world, "Ada", { since });
    expect(heard).toEqual(range(4, 7));
  });
});

describe("a newcomer who asks for the last messages", () => {
  test("hears the last ones that newcomers may see, and then goes on", async () => {
    const { world, say } = await talk(80, { history: { newcomers: 50 } });
    const all = await open(world, "Ada", { last: 50 });
    const some = await open(world, "Cy", { last: 7 });
    const many = await open(world, "Dan", { last: 1_000 });
    await say(1);
    expect(all.heard).toEqual(range(31, 81));
    expect(some.heard).toEqual(range(74, 81));
    expect(many.heard).toEqual(range(31, 81));
  });

  test.each([
    ["newcomers may see none", { history: {} }],
    ["nothing is kept", {}],
  ])("hears only what comes from now on where %s", async (_, options) => {
    const { world, say } = await talk(80, options);
    const { heard } = await open(world, "Ada", { last: 50 });
    await say(1);
    expect(heard).toEqual([81]);
  });
});

describe("a page that goes on from a position which the server does not have any more", () => {
  const LAST = 3;

  test("is told of a gap of unknown length, and then the last ones, where the server forgot", async () => {
    const { world } = await talk(5);
    const { room, line } = await open(world, "Ada");
    const since = keep(room);
    line.end(PAGE_GONE);
    world.restart();
    const cy = await world.visit("Cy");
    for (let n = 1; n <= 10; n++) await world.settle(cy.room.send(n));
    const { heard } = await open(world, "Ada", { since, last: LAST });
    await world.settle(cy.room.send(11));
    expect(heard).toEqual([{ from: 6, to: undefined }, 8, 9, 10, 11]);
  });

  test("is told of a gap of known length, and then the last ones, where too much was sent", async () => {
    const { world, say } = await talk(5, { history: { messages: 10, newcomers: LAST } });
    const { room, line } = await open(world, "Ada");
    const since = keep(room);
    line.end(PAGE_GONE);
    await say(20);
    const { heard } = await open(world, "Ada", { since, last: LAST });
    await say(1);
    expect(heard).toEqual([{ from: 6, to: 22 }, 23, 24, 25, 26]);
  });
});

describe("a server that was started again while a page stays", () => {
  async function restart(stop: (world: PageWorld) => Promise<unknown>, isQuiet: boolean) {
    const { world } = await talk(5);
    const { heard, room } = await open(world, "Ada");
    await stop(world);
    world.restart();
    const others = world.hub.room("general");
    if (!isQuiet) {
      // Somebody is back sooner, and writes.
      const eve = await world.settle(world.dial("Eve").join("general"));
      await world.settle(eve.send("first"));
    }
    for (let n = 0; n < 10 && !room.isJoined; n++) await world.pass(5_000);
    await others.broadcast("new_message", "next");
    await world.quiet();
    return { heard, room };
  }

  const cleanly = (world: PageWorld) => world.settle(world.hub.close({ spread: 1_000 }));

  const crash = async ({ network }: PageWorld) => {
    for (const socket of network.sockets) socket.end(1006);
  };

  test("and was stopped in order, is no gap where nobody has written", async () => {
    const { heard, room } = await restart(cleanly, true);
    expect(heard).toEqual([1]);
    expect(room.position?.seq).toBe(1);
  });

  test("and was stopped in order, is a gap of unknown length where somebody has", async () => {
    const { heard } = await restart(cleanly, false);
    expect(heard).toEqual([{ from: 6, to: undefined }, 2]);
  });

  test("and crashed, is a gap of unknown length, although nobody has written", async () => {
    const { heard } = await restart(crash, true);
    expect(heard).toEqual([{ from: 6, to: undefined }, 1]);
  });
});
