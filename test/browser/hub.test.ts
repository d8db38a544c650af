import fc from "fast-check";
import type { HubOptions } from "roomcast";
import { describe, expect, test } from "vitest";
import { codeOf, PageWorld } from "./page-world.js";
import { record } from "./scripted.js";

/** Ada, who has trouble with the line, and Ben, who has none. */
async function meet(options: HubOptions = { history: {} }) {
  const world = new PageWorld(options);
  const ada = await world.visit("Ada");
  const ben = await world.visit("Ben");
  return { world, ada, ben, heard: record(ada.room) };
}

type Meeting = Awaited<ReturnType<typeof meet>>;

/** The newest line of Ada's. */
const lineOf = ({ world }: Meeting) =>
  world.network.sockets.findLast(({ url }) => url.endsWith("Ada")) as Meeting["ada"]["line"];

/** Lets time pass until Ada is in her room again. */
async function comeBack({ world, ada }: Meeting): Promise<void> {
  for (let attempt = 0; attempt < 10 && !ada.room.isJoined; attempt++) await world.pass(5_000);
}

describe("after a reconnect", () => {
  test("a room goes on without a missing or doubled message", async () => {
    const meeting = await meet();
    const { world, ada, ben, heard } = meeting;
    await world.settle(ben.room.send("1"));
    await world.settle(ada.room.send("2"));
    lineOf(meeting).end(1006, "");
    const waiting = ada.room.send("waits for the line");
    await world.settle(ben.room.send("3"));
    world.hub.room("general").broadcast("new_message", "4");
    await comeBack(meeting);
    expect(await waiting).toMatchObject({ seq: 5 });
    await world.settle(ben.room.send("6"));
    expect(heard).toEqual([1, 3, 4, 6]);
  });

  test("it does so too, whenever the line breaks", async () => {
    const step = fc.oneof(
      { arbitrary: fc.constantFrom("ada", "ben", "both", "without ada"), weight: 3 },
      fc.constantFrom("break", "break at once", "wait"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const meeting = await meet({ history: { messages: 1_000 } });
        const { world, ada, ben, heard } = meeting;
        const positions: Promise<unknown>[] = [];
        const send = () => positions.push(ada.room.send("x").then(({ seq }) => heard.push(seq)));
        for (const what of steps) {
          if (what === "ada" || what === "both") send();
          if (what === "ben" || what === "both") void ben.room.send("x");
          if (what === "without ada") {
            const except = [...world.hub.clients].filter(({ user }) => user.name === "Ada");
            const { seq } = await world.hub
              .room("general")
              .broadcast("new_message", "x", { except });
            if (except.length > 0) heard.push(seq);
          }
          if (what !== "break at once") await world.quiet();
          if (what.startsWith("break")) lineOf(meeting).end(1006, "");
          if (what === "wait") await world.pass(700);
        }
        await comeBack(meeting);
        await Promise.allSettled(positions);
        await world.settle(ben.room.send("last"));
        const { seq = 0 } = world.hub.room("general").position ?? {};
        const all = Array.from({ length: seq }, (_, index) => index + 1);
        expect(heard.sort((one, other) => Number(one) - Number(other))).toEqual(all);
      }),
      { numRuns: 100 },
    );
  });

  test("one's own message comes back, if the line broke before it was acknowledged", async () => {
    const meeting = await meet();
    const { world, ada, heard } = meeting;
    const sending = codeOf(ada.room.send("mine"));
    // The server takes it, and its answer goes nowhere.
    lineOf(meeting).deliver = () => {};
    await world.quiet();
    lineOf(meeting).end(1006, "");
    expect(await sending).toBe("CONNECTION_LOST");
    await comeBack(meeting);
    expect(heard).toEqual([1]);
  });

  test("a room that keeps less than was said tells of a gap", async () => {
    const meeting = await meet({ history: { messages: 2 } });
    const { world, ben, heard } = meeting;
    lineOf(meeting).end(1006, "");
    for (const text of ["1", "2", "3"]) await world.settle(ben.room.send(text));
    await comeBack(meeting);
    await world.settle(ben.room.send("4"));
    expect(heard).toEqual([{ from: 1, to: 3 }, 4]);
  });

  test("a room that keeps nothing tells of a gap only where something was said", async () => {
    const meeting = await meet({});
    const { world, ben, heard } = meeting;
    lineOf(meeting).end(1006, "");
    await comeBack(meeting);
    expect(heard).toEqual([]);
    lineOf(meeting).end(1006, "");
    await world.settle(ben.room.send("1"));
    await comeBack(meeting);
    expect(heard).toEqual([{ from: 1, to: 1 }]);
  });

  test("a server that was restarted is a gap of unknown length", async () => {
    const meeting = await meet();
    const { world, ada, heard } = meeting;
    await world.settle(ada.room.send("1"));
    const closing = world.hub.close();
    await world.quiet();
    await closing;
    world.restart();
    await comeBack(meeting);
    expect(heard).toEqual([{ from: 2, to: undefined }]);
  });
});

test("a hub that closes spreads the comebacks over the time that it wants", async () => {
  const { world, ada, ben } = await meet();
  const closing = world.hub.close({ spread: 10_000 });
  await world.quiet();
  await closing;
  const delays = [ada, ben].map(({ connection: { status } }) => "delay" in status && status.delay);
  expect(delays).toEqual([2_500, 7_500]);
});

test("a user whose access is revoked leaves the room, and does not come back to it", async () => {
  const meeting = await meet();
  const { world, ada } = meeting;
  const left: string[] = [];
  ada.room.on("left", ({ code }) => left.push(code));
  world.hub.revoke("Ada", "general");
  await world.quiet();
  expect(left).toEqual(["FORBIDDEN"]);
  lineOf(meeting).end(1006, "");
  await world.pass(500);
  expect(world.hub.room("general").members).toMatchObject([{ id: "Ben" }]);
});

test("a hub that asks a room hears what the listeners return", async () => {
  const { world, ada, ben } = await meet();
  ada.room.on("vote", () => "yes");
  ben.room.on("vote", async () => "no");
  const votes: unknown[] = [];
  const counting = (async () => {
    for await (const { client, status, payload } of world.hub.room("general").request("vote")) {
      votes.push([client.user.name, status, payload]);
    }
  })();
  await world.settle(counting);
  expect(votes.sort()).toEqual([
    ["Ada", "ack", "yes"],
    ["Ben", "ack", "no"],
  ]);
});

test("a member whose line broke is shown as such, and as present once it is back", async () => {
  const meeting = await meet({ presence: { grace: 60_000 } });
  const { world, ben } = meeting;
  world.network.isDown = true;
  lineOf(meeting).end(1006, "");
  await world.pass(10_000);
  expect(ben.room.members).toMatchObject([{ id: "Ada", reconnecting: true }, { id: "Ben" }]);
  world.network.isDown = false;
  await comeBack(meeting);
  expect(ben.room.members).toEqual([
    { id: "Ada", name: "Ada" },
    { id: "Ben", name: "Ben" },
  ]);
  expect(ben.room.count).toBe(2);
});

test("a room that shows counts only is counted", async () => {
  const { world, ada, ben } = await meet({ presence: "count" });
  await world.pass(1_000);
  expect([ada.room.count, ada.room.members]).toEqual([2, []]);
  ben.room.leave();
  await world.pass(1_000);
  expect(ada.room.count).toBe(1);
});
