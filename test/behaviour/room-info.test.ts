import { expect, onTestFinished, test, vi } from "vitest";
import { join, leave, World } from "../support/world.js";

const look = (id: string) => ({ type: "online_users", payload: { room_id: "general" }, id });

test("who is in a room is written once per turn, however many ask, and one who joins is added", () => {
  const world = new World({ heartbeat: false, rateLimit: false });
  const connect = (n: number) =>
    world.hub.accept(
      { bufferedAmount: 0, write() {}, close() {}, terminate() {} },
      { user: { id: `u${n}`, name: `User ${n}` } },
    );
  const stringify = vi.spyOn(JSON, "stringify");
  onTestFinished(() => stringify.mockRestore());
  /** How many members were written, alone or in a list. */
  const membersWritten = () =>
    stringify.mock.calls
      .flatMap(([value]) => value)
      .filter((value) => value?.id !== undefined && value.name !== undefined).length;
  for (let n = 0; n < 100; n++) connect(n).message(JSON.stringify(join("general")));
  const watcher = world.connect("Watcher");
  world.clock.flush();
  stringify.mockClear();
  for (let n = 0; n < 50; n++) watcher.send(look(`${n}`));
  expect(membersWritten()).toBe(100);
  const others = Array.from({ length: 100 }, (_, n) => connect(100 + n));
  stringify.mockClear();
  for (const other of others) other.message(JSON.stringify(join("general")));
  expect(membersWritten()).toBe(100);
  watcher.send(look("last"));
  world.clock.flush();
  const answers = watcher.take("online_users");
  const users = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ id: `u${n}`, name: `User ${n}` }));
  expect(answers).toHaveLength(51);
  const before = { room_id: "general", users: users(100), count: 100 };
  const after = { room_id: "general", users: users(200), count: 200 };
  expect(answers[49]).toMatchObject({ room: "general", payload: before, id: "49", seq: 0 });
  expect(answers[50]).toMatchObject({ room: "general", payload: after, id: "last", seq: 0 });
});

test("within a turn it is as current as in the next one, whatever changes", () => {
  const world = new World({ heartbeat: false, presence: { grace: 10_000 } });
  const watcher = world.connect("Watcher");
  const [a, b] = [world.enter("Alice", "general"), world.enter("Bob", "general")];
  let tab = a;
  const steps: [string, () => void][] = [
    ["Carl joins", () => world.connect("Carl").send(join("general"))],
    [
      "Alice has a second tab",
      () => {
        tab = world.connect("Alice");
        tab.send(join("general"));
      },
    ],
    ["Alice's first tab leaves, and she is last", () => a.send(leave("general"))],
    ["Alice is away", () => world.client("alice").setPresence({ status: "away" })],
    ["Bob's line breaks", () => b.cut()],
    ["Dora joins behind whom she comes before", () => world.connect("Dora").send(join("general"))],
    ["Bob is shown as reconnecting", () => world.clock.advance(2_000)],
    ["Bob returns", () => world.connect("Bob").send(join("general"))],
    ["Carl is taken out", () => void world.hub.revoke("carl")],
    ["Alice leaves", () => tab.send(leave("general"))],
  ];
  for (const [step, act] of steps) {
    watcher.send(look("before"));
    act();
    watcher.send(look("now"));
    world.clock.flush();
    watcher.send(look("then"));
    world.clock.flush();
    const answers = watcher.take("online_users").map(({ payload }) => payload);
    expect(answers.at(-2), step).toEqual(answers.at(-1));
    if (step !== "Alice has a second tab") expect(answers.at(-2), step).not.toEqual(answers[0]);
  }
});

test("a room's name and an id may hold any character", () => {
  const room = 'a"b\\\n\u2028\ud800';
  const world = new World();
  const a = world.connect('"Alice\\');
  const [info] = world.ask(a, join(room, '"id\\"'));
  expect(info).toMatchObject({ type: "room_info", room, id: '"id\\"', seq: 0 });
  expect(info?.payload).toMatchObject({ room_id: room, users: [{ name: '"Alice\\' }], count: 1 });
});
