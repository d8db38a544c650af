import type { Envelope, HistoryOptions } from "roomcast";
import { describe, expect, test } from "vitest";
import { LateHistory, settle } from "../support/late-history.js";
import { errorCode, join, leave, World } from "../support/world.js";

const joinWith = (wanted: object, room = "r"): Envelope => ({
  type: "join_room",
  payload: { room_id: room, ...wanted },
  id: "j",
});

/** A room in which the messages 1 to `count` were sent, and that Host is in. */
function room(history: HistoryOptions, count = 10, options: object = {}) {
  const world = new World({ history, ...options });
  const host = world.enter("Host", "r");
  const say = (n: number) => world.hub.room("r").broadcast("n", n);
  for (let n = 1; n <= count; n++) void say(n);
  world.clock.flush();
  return { world, host, say };
}

/** The position that an answer to a join states, and the messages that follow it. */
function shown(envelopes: Envelope[]): unknown[] {
  const [info, ...rest] = envelopes;
  expect(info?.type).toBe("room_info");
  // What follows is counted from the position on, without a jump.
  rest.forEach(({ seq }, at) => {
    expect(seq).toBe((info?.seq ?? 0) + 1 + at);
  });
  return [info?.seq, ...rest.map(({ payload }) => payload)];
}

describe("a join with last", () => {
  test("shows a newcomer as many of the last messages as newcomers may see", () => {
    const { world } = room({ newcomers: 3 });
    expect(shown(world.ask(world.connect("A"), joinWith({ last: 2 })))).toEqual([8, 9, 10]);
    expect(shown(world.ask(world.connect("B"), joinWith({ last: 50 })))).toEqual([7, 8, 9, 10]);
    expect(shown(world.ask(world.connect("C"), joinWith({})))).toEqual([10]);
  });

  test("shows a newcomer nothing unless the server allows it", () => {
    const { world } = room({});
    expect(shown(world.ask(world.connect("A"), joinWith({ last: 50 })))).toEqual([10]);
  });

  test("shows nothing where nothing was sent, or nothing is kept", () => {
    const { world } = room({ newcomers: 3 }, 0);
    expect(shown(world.ask(world.connect("A"), joinWith({ last: 50 })))).toEqual([0]);
    const without = new World();
    without.enter("Host", "r");
    void without.hub.room("r").broadcast("n", 1);
    expect(shown(without.ask(without.connect("A"), joinWith({ last: 50 })))).toEqual([1]);
  });

  test("shows no more than is kept", () => {
    const { world } = room({ messages: 4, newcomers: 50 });
    expect(shown(world.ask(world.connect("A"), joinWith({ last: 50 })))).toEqual([6, 7, 8, 9, 10]);
  });

  test("shows a user with access what was sent since, and a newcomer's share if that is more", () => {
    const { world, say } = room({ newcomers: 2 });
    const a = world.enter("A", "r");
    for (const n of [11, 12, 13, 14]) void say(n);
    a.cut();
    const again = world.connect("A");
    expect(shown(world.ask(again, joinWith({ last: 50 })))).toEqual([10, 11, 12, 13, 14]);
    again.cut();
    expect(shown(world.ask(world.connect("A"), joinWith({ last: 3 })))).toEqual([11, 12, 13, 14]);
    const b = world.enter("B", "r");
    b.cut();
    expect(shown(world.ask(world.connect("B"), joinWith({ last: 50 })))).toEqual([12, 13, 14]);
  });

  test("shows a user who left or was removed no more than a newcomer", () => {
    const { world, say } = room({ newcomers: 1 });
    const a = world.enter("A", "r");
    for (const n of [11, 12]) void say(n);
    a.send(leave("r"));
    expect(shown(world.ask(world.connect("A"), joinWith({ last: 50 })))).toEqual([11, 12]);
    void world.hub.revoke("a");
    expect(shown(world.ask(world.connect("A"), joinWith({ last: 50 })))).toEqual([11, 12]);
  });

  test("lets what was shown be recovered after a reconnect", () => {
    const { world } = room({ newcomers: 5 });
    const a = world.connect("A");
    const [info] = world.ask(a, joinWith({ last: 5 }));
    a.cut();
    const since = { epoch: info?.epoch, seq: 7 };
    const answer = world.ask(world.connect("A"), joinWith({ since }));
    expect(answer[0]?.payload).toMatchObject({ recovered: true });
    expect(shown(answer)).toEqual([7, 8, 9, 10]);
  });

  test("counts only where since does not recover", () => {
    const { world, say } = room({ messages: 5, newcomers: 2 });
    const a = world.enter("A", "r");
    const since = world.hub.room("r").position;
    void say(11);
    a.cut();
    const recovered = world.ask(world.connect("A"), joinWith({ since, last: 50 }));
    expect(recovered[0]?.payload).toMatchObject({ recovered: true });
    expect(shown(recovered)).toEqual([10, 11]);
    for (const position of [
      { epoch: since?.epoch, seq: 2 },
      { epoch: since?.epoch, seq: 99 },
      { epoch: "elsewhere", seq: 10 },
    ]) {
      const answer = world.ask(world.connect("B"), joinWith({ since: position, last: 50 }));
      expect(answer[0]?.payload).toMatchObject({ recovered: false });
      expect(shown(answer)).toEqual([9, 10, 11]);
      world.client("b").terminate();
      world.clock.flush();
    }
  });

  test("does nothing in a room that the client is in already, nor does since", () => {
    const { world } = room({ newcomers: 5 });
    const a = world.enter("A", "r");
    const since = { ...world.hub.room("r").position, seq: 5 };
    for (const wanted of [{ last: 5 }, { since }, { since, last: 5 }]) {
      const [info, ...rest] = world.ask(a, joinWith(wanted));
      expect([info?.seq, info?.payload, rest]).toMatchObject([10, { count: 2 }, []]);
      expect(info?.payload).not.toHaveProperty("recovered");
    }
  });

  test("is asked of authorize, and shows nothing to those that may not join", () => {
    const { world } = room({ newcomers: 5 }, 10, {
      authorize: (client: { user: { id: string } }) => client.user.id !== "a",
    });
    expect(errorCode(world.ask(world.connect("A"), joinWith({ last: 5 })))).toBe("FORBIDDEN");
  });

  test.each([0, -1, 1.5, 1_001, 1e9, "50", null, true, {}])(
    "of %j is INVALID_PAYLOAD, and joins nothing",
    (last) => {
      const { world } = room({ newcomers: 5 });
      expect(errorCode(world.ask(world.connect("A"), joinWith({ last })))).toBe("INVALID_PAYLOAD");
      expect(world.hub.room("r").size).toBe(1);
    },
  );

  test.each([null, 5, "x", {}, { epoch: "e" }, { epoch: "e", seq: -1 }, { epoch: 1, seq: 1 }])(
    "and since %j is INVALID_PAYLOAD, and shows nothing",
    (since) => {
      const { world } = room({ newcomers: 5 });
      const answer = world.ask(world.connect("A"), joinWith({ since, last: 5 }));
      expect(errorCode(answer)).toBe("INVALID_PAYLOAD");
    },
  );

  test("shows more than is read at a time", () => {
    const { world } = room({ messages: 1_000, newcomers: 1_000 }, 600);
    const answer = world.ask(world.connect("A"), joinWith({ last: 550 }));
    expect([answer[0]?.seq, shown(answer).length]).toEqual([50, 551]);
  });
});

describe("a join with last, while a history takes its time,", () => {
  async function reading(newcomers: number) {
    const historyStore = new LateHistory();
    const { world, say } = room({ newcomers }, 10, { historyStore });
    const tab = world.enter("A", "r");
    void say(11);
    const again = world.connect("A");
    again.send(joinWith({ last: 5 }));
    await settle(world);
    const finish = async () => {
      await historyStore.answerAll(world);
      return again.take();
    };
    return { world, say, tab, again, finish };
  }

  test("shows what is sent meanwhile, too", async () => {
    const { say, finish } = await reading(3);
    for (const n of [12, 13]) void say(n);
    expect(shown(await finish())).toEqual([8, 9, 10, 11, 12, 13]);
  });

  test("shows nothing to a user who leaves meanwhile, but what anybody may see", async () => {
    for (const newcomers of [0, 5]) {
      const { tab, finish } = await reading(newcomers);
      tab.send(leave("r"));
      expect(shown(await finish())).toEqual(newcomers === 0 ? [11] : [6, 7, 8, 9, 10, 11]);
    }
  });

  test("ends with FORBIDDEN where the user is revoked", async () => {
    const { world, finish } = await reading(5);
    void world.hub.revoke("a");
    expect(errorCode(await finish())).toBe("FORBIDDEN");
  });
});

test("a join without a room is INVALID_PAYLOAD, whatever else it has", () => {
  const world = new World();
  for (const payload of [null, "r", { last: 5 }]) {
    expect(errorCode(world.ask(world.connect("A"), { type: "join_room", payload }))).toBe(
      "INVALID_PAYLOAD",
    );
  }
  expect(world.ask(world.connect("A"), join("r"))).toHaveLength(1);
});
