import fc from "fast-check";
import type { Client, Envelope, Position } from "roomcast";
import type { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { LateHistory, rejoin, settle } from "../support/late-history.js";
import { join, leave, say, World } from "../support/world.js";

/** What is asked while `authorize` or a history thinks must hold when the answer comes. */

const look = (room: string, id: string): Envelope => ({
  type: "online_users",
  payload: { room_id: room },
  id,
});

/** A world whose `authorize` answers when the test says so. */
function thinking() {
  const asked: { client: Client; action: string; answer: (is: boolean) => void }[] = [];
  const authorize = (client: Client, action: string) =>
    new Promise<boolean>((answer) => asked.push({ client, action, answer }));
  const historyStore = new LateHistory();
  const world = new World({
    ...{ authorize, heartbeat: false, history: {}, historyStore },
    maxBufferedBytes: 2_000,
  });
  const decide = async (at = 0) => {
    asked.splice(at, 1)[0]?.answer(true);
    await settle(world);
  };
  return { world, asked, decide, historyStore };
}

const codes = (envelopes: Envelope[]) =>
  envelopes.map(({ type, payload }) => (payload as { code?: string } | undefined)?.code ?? type);

describe("while a join waits for authorize,", () => {
  test("client.leave ends it with FORBIDDEN, and says that it did", async () => {
    const { world, decide } = thinking();
    const a = world.connect("Alice");
    const alice = world.client("alice");
    expect(alice.leave("general")).toBe(false);
    a.send(join("general", "j"));
    expect([alice.leave("other"), alice.leave("general")]).toEqual([false, true]);
    await decide();
    expect(codes(a.take())).toEqual(["FORBIDDEN"]);
    expect([alice.rooms.size, world.hub.rooms.size, alice.leave("general")]).toEqual([0, 0, false]);
  });

  test("client.leave also undoes a join by the server in between", async () => {
    const { world, decide } = thinking();
    const a = world.connect("Alice");
    const alice = world.client("alice");
    a.send(join("general", "j"));
    void alice.join("general");
    expect(alice.leave("general")).toBe(true);
    await decide();
    expect(codes(a.take())).toEqual(["room_info", "removed", "FORBIDDEN"]);
    expect(world.hub.rooms.size).toBe(0);
  });

  test("a leave_room waits for it, and then leaves", async () => {
    const { world, decide } = thinking();
    const a = world.connect("Alice");
    a.send(join("general", "j"));
    a.send(leave("general", "l"));
    await decide();
    expect(codes(a.take())).toEqual(["room_info", "ack"]);
    expect(world.hub.rooms.size).toBe(0);
  });

  test("a listener of the join that leaves twice is told the truth", async () => {
    const { world, decide } = thinking();
    const left: boolean[] = [];
    world.hub.on("join", ({ client, room }) => {
      left.push(client.leave(room.id), client.leave(room.id));
    });
    world.connect("Alice").send(join("general"));
    await decide();
    expect(left).toEqual([true, false]);
  });
});

describe("while a history is read for a join,", () => {
  async function reading() {
    const { world, decide, historyStore } = thinking();
    const tab = world.connect("Alice");
    await Promise.resolve(world.client("alice").join("general"));
    const since = world.hub.room("general").position;
    void world.hub.room("general").broadcast("n", 1);
    const again = world.connect("Alice");
    again.send(rejoin("general", since));
    await decide();
    const client = world.client("alice");
    const finish = async () => {
      await historyStore.answerAll(world);
      return again.take();
    };
    return { world, tab, client, finish };
  }

  test("what was missed is shown where nothing happened", async () => {
    const { finish } = await reading();
    expect(await finish()).toMatchObject([{ payload: { recovered: true } }, { seq: 1 }]);
  });

  test.each([
    ["revoke", ({ world }: Awaited<ReturnType<typeof reading>>) => world.hub.revoke("alice")],
    ["client.leave", ({ client }: Awaited<ReturnType<typeof reading>>) => client.leave("general")],
  ])("%s ends it with FORBIDDEN", async (_, act) => {
    const given = await reading();
    await act(given);
    expect(codes(await given.finish())).toEqual(["FORBIDDEN"]);
  });

  test("a leave on the user's other connection ends the access to what was missed", async () => {
    const { world, tab, finish } = await reading();
    tab.send(leave("general"));
    void world.hub.room("general").broadcast("n", "after the leave");
    const [info, ...rest] = await finish();
    expect([info?.payload, rest]).toMatchObject([{ recovered: false }, []]);
  });

  test("a client that closes is not let in", async () => {
    const { world, tab, client, finish } = await reading();
    tab.hangUp();
    client.close();
    expect(await finish()).toEqual([]);
    expect(world.hub.rooms.size).toBe(0);
  });
});

test("online_users is FORBIDDEN after a revoke, and not after a revoke elsewhere", async () => {
  const { world, decide } = thinking();
  const a = world.connect("Alice");
  a.send(look("general", "1"));
  await world.hub.revoke("alice", "other");
  await decide();
  a.send(look("general", "2"));
  await world.hub.revoke("alice", "general");
  await decide();
  a.send(look("general", "3"));
  await world.hub.revoke("alice");
  await decide();
  expect(codes(a.take())).toEqual(["online_users", "FORBIDDEN", "FORBIDDEN"]);
});

test.each(["send_message", "typing"])(
  "%s that was allowed to an earlier stay is not done in a later one",
  async (type) => {
    const { world, decide } = thinking();
    const [a, b] = [world.connect("Alice"), world.connect("Bob")];
    for (const name of ["alice", "bob"]) void world.client(name).join("general");
    a.send({ type, room: "general", payload: "hello", id: "s" });
    world.client("alice").leave("general");
    void world.client("alice").join("general");
    await decide();
    expect(codes(a.take()).at(-1)).toBe("NOT_IN_ROOM");
    const heard = b.take().map(({ type }) => type);
    expect(heard).not.toContain("new_message");
    expect(heard).not.toContain("user_typing");
  },
);

test("an authorize that takes the client out while it is asked lets nothing pass", () => {
  const world = new World({
    authorize: (client, action, room) => {
      if (client.user.id === "alice" && action === "send") client.leave(room);
      if (client.user.id === "carl") void world.hub.revoke("carl");
      return true;
    },
  });
  const [b, a] = [world.enter("Bob", "general"), world.enter("Alice", "general")];
  b.take();
  expect(codes(world.ask(a, say("general", "hello")))).toEqual(["removed", "NOT_IN_ROOM"]);
  expect(codes(world.ask(world.connect("Carl"), join("general")))).toEqual(["FORBIDDEN"]);
  expect(b.take().map(({ type }) => type)).toEqual(["user_left"]);
});

/* Random lives in which everything waits: whatever was taken away in between must not be done. */

type Step =
  | { do: "join" | "say" | "type" | "look" | "leave" | "cut" | "hang up"; tab: number }
  | { do: "pause" | "resume"; tab: number }
  | { do: "answer and take out"; moments: number; tab: number }
  | { do: "take out" | "put in"; tab: number }
  | { do: "revoke"; user: number }
  | { do: "decide"; at: number }
  | { do: "read" | "broadcast" };

const tab = fc.nat(3);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("join", "say", "type", "look"), tab }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("leave", "cut", "hang up"), tab }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("pause", "resume"), tab }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("answer and take out"), moments: fc.nat(10), tab }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("take out", "put in"), tab }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("revoke"), user: fc.nat(1) }) },
  { weight: 7, arbitrary: fc.record({ do: fc.constant("decide"), at: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("read", "broadcast") }) },
) as fc.Arbitrary<Step>;

class Tab {
  readonly name: string;
  socket: MemorySocket;
  client: Client;
  since: Position | undefined;
  /** When the client asked for what it waits for, by kind, and when it was last taken out. */
  asked = new Map<string, number>();
  out = 0;
  /** It may read answers long after they were given. */
  wasPaused = false;

  constructor(world: World, name: string) {
    this.name = name;
    this.socket = world.connect(name);
    this.client = world.client(name.toLowerCase());
  }
}

test("whatever a client waited for is not done if it was taken out meanwhile", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const { world, asked, decide, historyStore } = thinking();
      const tabs = ["Alice", "Alice", "Bob", "Bob"].map((name) => new Tab(world, name));
      let now = 0;
      /** Who may read what is sent now, and who might have read each message. */
      const readers = new Set<string>();
      const readersOf = new Map<unknown, ReadonlySet<string>>();
      world.hub.on("join", ({ client }) => readers.add(client.user.id));
      world.hub.on("leave", ({ client, room, reason }) => {
        const left = tabs.find((tab) => tab.client === client);
        if (left) left.out = ++now;
        const isIn = room.members.some(({ id }) => id === client.user.id);
        if (reason !== "timeout" && !isIn) readers.delete(client.user.id);
      });
      const seen = asked.push.bind(asked);
      asked.push = (...entries) => {
        for (const { client, action } of entries) {
          tabs.find((tab) => tab.client === client)?.asked.set(action, ++now);
        }
        return seen(...entries);
      };
      for (const step of steps) {
        now++;
        const outs = new Map(tabs.map((tab) => [tab, tab.out]));
        const tab = "tab" in step ? (tabs[step.tab] as Tab) : undefined;
        if (step.do === "join") {
          const last = now % 2 === 0 ? 5 : undefined;
          const payload = { room_id: "r", since: tab?.since, last };
          tab?.socket.send({ type: "join_room", payload, id: "join" });
        } else if (step.do === "pause" && tab) {
          tab.wasPaused = true;
          tab.socket.pause();
        } else if (step.do === "resume") tab?.socket.resume();
        else if (step.do === "say") tab?.socket.send(say("r", "x", "say"));
        else if (step.do === "type") tab?.socket.send({ type: "typing", room: "r", id: "type" });
        else if (step.do === "look") tab?.socket.send(look("r", `look ${now}`));
        else if (step.do === "leave") tab?.socket.send(leave("r", "leave"));
        else if (step.do === "put in") void tab?.client.join("r");
        else if (step.do === "read") await historyStore.answerAll(world);
        else if (step.do === "broadcast") {
          readersOf.set(now, new Set(readers));
          // Large enough that those who do not read are behind soon, and are caught up later.
          void world.hub.room("r").broadcast("n", [now, "x".repeat(600)]);
        } else if (step.do === "answer and take out") {
          historyStore.reads.shift()?.answer();
          for (let moment = 0; moment < step.moments; moment++) await Promise.resolve();
          if (tab?.client.leave("r")) tab.out = ++now;
          now++;
          readersOf.set(now, new Set(readers));
          void world.hub.room("r").broadcast("n", [now, "x"]);
        } else if (step.do === "decide") await decide(step.at % Math.max(1, asked.length));
        else if (step.do === "take out") {
          if (tab?.client.leave("r")) tab.out = ++now;
        } else if (step.do === "revoke") {
          const user = ["alice", "bob"][step.user] as string;
          void world.hub.revoke(user, "r");
          readers.delete(user);
          for (const tab of tabs) if (tab.client.user.id === user) tab.out = ++now;
        } else if (tab !== undefined) {
          const index = tabs.indexOf(tab);
          if (step.do === "hang up") tab.socket.hangUp();
          else tab.socket.cut();
          const next = new Tab(world, tab.name);
          next.since = world.hub.room("r").position ?? tab.since;
          tabs[index] = next;
        }
        await settle(world);
        for (const tab of tabs) {
          // What was taken out in this step was so after what it waited for, if at all.
          const out = outs.get(tab) ?? 0;
          for (const { type, id, payload } of tab.socket.take()) {
            if (type === "n") {
              const [said] = payload as [number];
              expect(readersOf.get(said)).toContain(tab.client.user.id);
            }
            if (tab.wasPaused) continue;
            if (id === "join" && type === "room_info") {
              expect(tab.asked.get("join")).toBeGreaterThan(out);
            }
            if ((id === "say" || id === "type") && type === "ack") {
              expect(tab.asked.get("send")).toBeGreaterThan(out);
            }
          }
          expect(tab.client.rooms.size).toBe(world.hub.room("r").has(tab.client) ? 1 : 0);
        }
      }
      while (asked.length > 0) await decide();
      await historyStore.answerAll(world);
      while (asked.length > 0) await decide();
      expect(world.emitted("error")).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
