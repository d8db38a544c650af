import { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { errorCode, join, leave, say, World } from "../support/world.js";

const alice = { id: "alice", name: "Alice" };
const bob = { id: "bob", name: "Bob" };
const START = "2000-01-01T00:00:00.000Z";

describe("join_room", () => {
  test("tells the joiner who is there and the others who came", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.connect("Bob");

    expect(world.ask(b, join("general", "j1"))).toEqual([
      {
        type: "room_info",
        room: "general",
        payload: { room_id: "general", users: [alice, bob], count: 2, max: 4_096 },
        id: "j1",
        seq: 0,
        epoch: world.hub.room("general").position?.epoch,
      },
    ]);
    expect(a.take()).toEqual([
      { type: "user_joined", room: "general", payload: bob, timestamp: START },
    ]);
  });

  test("twice is one join: it is answered again, and nobody else hears of it", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.take();

    expect(world.ask(b, join("general"))).toMatchObject([{ type: "room_info" }]);
    expect(a.take()).toEqual([]);
    expect(world.emitted("join")).toHaveLength(2);
    expect(world.hub.room("general").size).toBe(2);
  });

  test("names the position of the room, so that a joiner knows where it starts", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    world.ask(a, say("general", 1));
    world.ask(a, say("general", 2));
    expect(world.ask(world.connect("Bob"), join("general"))).toMatchObject([{ seq: 2 }]);
  });

  test.each([[""], ["x".repeat(129)], [7], [null], [undefined], [{}], [["general"]]])(
    "refuses %j as a room's name",
    (room) => {
      const world = new World();
      expect(errorCode(world.ask(world.connect("Alice"), join(room)))).toBe("INVALID_PAYLOAD");
      expect(world.hub.rooms.size).toBe(0);
    },
  );

  test.each([[undefined], [null], ["general"], [7], [[]]])("refuses the payload %j", (payload) => {
    const world = new World();
    const answers = world.ask(world.connect("Alice"), { type: "join_room", payload });
    expect(errorCode(answers)).toBe("INVALID_PAYLOAD");
  });

  test("takes a name of 128 characters, and any characters", () => {
    const world = new World();
    for (const name of ["x".repeat(128), "__proto__", "constructor", "\ud800", "日本 🎉", " "]) {
      expect(world.ask(world.connect("Alice"), join(name))).toMatchObject([
        { type: "room_info", room: name },
      ]);
    }
    expect(world.hub.rooms.size).toBe(6);
  });

  test("over the limit is refused, and works again after a leave", () => {
    const world = new World({ maxRoomsPerClient: 2 });
    const a = world.enter("Alice", "one", "two");
    expect(errorCode(world.ask(a, join("three")))).toBe("TOO_MANY_ROOMS");
    expect(world.hub.rooms.has("three")).toBe(false);
    expect(world.ask(a, join("two"))).toMatchObject([{ type: "room_info" }]);
    world.ask(a, leave("one"));
    expect(world.ask(a, join("three"))).toMatchObject([{ type: "room_info" }]);
  });
});

describe("leave_room", () => {
  test("tells the others, and acknowledges", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.take();

    expect(world.ask(b, leave("general", "l1"))).toEqual([{ type: "ack", id: "l1" }]);
    expect(a.take()).toEqual([
      {
        type: "user_left",
        room: "general",
        payload: { ...bob, reason: "left" },
        timestamp: START,
      },
    ]);
    world.ask(a, say("general", "still there?"));
    expect(b.take()).toEqual([]);
  });

  test("of a room not joined is NOT_IN_ROOM, and no broadcast", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    expect(errorCode(world.ask(world.connect("Bob"), leave("general")))).toBe("NOT_IN_ROOM");
    expect(a.take()).toEqual([]);
  });

  test("of the last member removes the room", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    world.ask(a, leave("general"));
    expect(world.hub.rooms.size).toBe(0);
    expect(world.emitted("roomRemoved")).toMatchObject([{ room: { id: "general" } }]);
  });
});

describe("send_message", () => {
  test("reaches the others, stamped by the server, and acknowledges to the sender", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.take();

    expect(world.ask(a, say("general", { content: "hi" }, "m1"))).toEqual([
      { type: "ack", room: "general", id: "m1", timestamp: START, seq: 1 },
    ]);
    expect(b.take()).toEqual([
      {
        type: "new_message",
        room: "general",
        payload: { content: "hi" },
        sender: alice,
        timestamp: START,
        seq: 1,
      },
    ]);
  });

  test("is acknowledged also without an id", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    expect(world.ask(a, say("general", "hi"))).toMatchObject([{ type: "ack", seq: 1 }]);
  });

  test("reaches the sender's other connections", () => {
    const world = new World();
    const tab1 = world.enter("Alice", "general");
    const tab2 = world.enter("Alice", "general");
    world.ask(tab1, say("general", "from tab 1"));
    expect(tab2.take()).toMatchObject([{ type: "new_message", sender: alice }]);
  });

  test("ignores sender, timestamp and seq that a client makes up", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.take();
    const spoofed = { ...say("general", 1), sender: bob, timestamp: "1999", seq: 99 };

    expect(world.ask(a, spoofed)).toMatchObject([{ seq: 1, timestamp: START }]);
    expect(b.take()).toMatchObject([{ sender: alice, seq: 1, timestamp: START }]);
  });

  test("shows nothing of the user but id and name", () => {
    const world = new World();
    const b = world.enter("Bob", "general");
    const user = { id: "alice", name: "Alice", email: "alice@example.org" };
    const a = MemorySocket.connect(world.hub, { user });
    world.ask(a, join("general"));
    world.ask(a, { type: "typing", room: "general" });
    world.ask(a, say("general", 1));
    b.send(join("general"));
    world.clock.flush();
    const types = b.received.map(({ type }) => type);
    expect(types).toEqual([
      "user_joined",
      "user_typing",
      "user_typing",
      "new_message",
      "room_info",
    ]);
    expect(JSON.stringify(b.received)).not.toContain("example.org");
    expect(world.client("alice").user).toBe(user);
  });

  test("counts each room by itself", () => {
    const world = new World();
    const a = world.enter("Alice", "one", "two");
    expect(world.ask(a, say("one", 1))).toMatchObject([{ seq: 1 }]);
    expect(world.ask(a, say("one", 1))).toMatchObject([{ seq: 2 }]);
    expect(world.ask(a, say("two", 1))).toMatchObject([{ seq: 1 }]);
  });

  test.each([[null], [0], [""], [false], [[]], ["text"], [{ nested: [1, { deep: null }] }]])(
    "carries the payload %j as it is",
    (payload) => {
      const world = new World();
      const a = world.enter("Alice", "general");
      const b = world.enter("Bob", "general");
      world.ask(a, say("general", payload));
      expect(b.take()[0]).toHaveProperty("payload", payload);
    },
  );

  test("without a room is MISSING_ROOM, in another's room NOT_IN_ROOM", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.connect("Bob");
    expect(errorCode(world.ask(b, { type: "send_message", payload: 1 }))).toBe("MISSING_ROOM");
    expect(errorCode(world.ask(b, say("general", 1)))).toBe("NOT_IN_ROOM");
    expect(errorCode(world.ask(b, say("nowhere", 1)))).toBe("NOT_IN_ROOM");
    expect(a.take()).toEqual([]);
  });

  test("without a payload, or with a room that is no name, is INVALID_PAYLOAD", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const cases = ['{"type":"send_message","room":"general"}'].concat(
      ["7", "null", '""', "{}", `"${"x".repeat(129)}"`].map(
        (room) => `{"type":"send_message","room":${room},"payload":1}`,
      ),
    );
    for (const text of cases) expect(errorCode(world.ask(a, text))).toBe("INVALID_PAYLOAD");
  });

  test("errors echo the id", () => {
    const world = new World();
    const a = world.connect("Alice");
    expect(world.ask(a, say("general", 1, "m7"))).toMatchObject([{ type: "error", id: "m7" }]);
  });
});

describe("typing", () => {
  const typing = (room?: string) => ({ type: "typing", room });
  const stopTyping = (room?: string) => ({ type: "stop_typing", room });
  const shown = (is: boolean) => ({
    type: "user_typing",
    room: "general",
    payload: { typing: is },
    sender: alice,
  });

  function twoInRoom() {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    a.take();
    return { world, a, b };
  }

  test("start and stop are told apart, and the sender hears nothing", () => {
    const { world, a, b } = twoInRoom();
    expect(world.ask(a, typing("general"))).toEqual([]);
    expect(b.take()).toMatchObject([shown(true)]);
    expect(world.ask(a, stopTyping("general"))).toEqual([]);
    expect(b.take()).toMatchObject([shown(false)]);
  });

  test("expires by itself, five seconds after the last sign", () => {
    const { world, a, b } = twoInRoom();
    world.ask(a, typing("general"));
    world.clock.advance(4_000);
    world.ask(a, typing("general"));
    world.clock.advance(4_999);
    expect(b.take()).toMatchObject([shown(true)]);
    world.clock.advance(1);
    expect(b.take()).toMatchObject([shown(false)]);
  });

  test("ends with the message, before it is shown", () => {
    const { world, a, b } = twoInRoom();
    world.ask(a, typing("general"));
    b.take();
    world.ask(a, say("general", "done"));
    expect(b.take()).toMatchObject([shown(false), { type: "new_message" }]);
  });

  test("ends with the departure, be it a leave, a close or a cut", () => {
    const departures: ((world: World) => void)[] = [
      ({ client }) => client("alice").leave("general"),
      ({ client }) => client("alice").close(),
      ({ client }) => client("alice").terminate(),
    ];
    for (const depart of departures) {
      const { world, a, b } = twoInRoom();
      world.ask(a, typing("general"));
      b.take();
      depart(world);
      world.clock.flush();
      expect(b.take()).toMatchObject([shown(false), { type: "user_left" }]);
    }
  });

  test("belongs to the user: with two tabs it is on while either types", () => {
    const { world, a, b } = twoInRoom();
    const tab = world.enter("Alice", "general");
    world.ask(a, typing("general"));
    world.ask(tab, typing("general"));
    world.ask(a, stopTyping("general"));
    expect(b.take()).toMatchObject([shown(true)]);
    tab.cut();
    world.clock.flush();
    expect(b.take()).toMatchObject([shown(false)]);
    expect([a.take(), tab.take()]).toEqual([[], []]);
  });

  test("a stop without a start is not shown", () => {
    const { world, a, b } = twoInRoom();
    world.ask(a, stopTyping("general"));
    expect(b.take()).toEqual([]);
  });

  test("in a room not joined is NOT_IN_ROOM and never shown", () => {
    const { world, b } = twoInRoom();
    const c = world.connect("Carl");
    for (const message of [typing("general"), stopTyping("general")]) {
      expect(errorCode(world.ask(c, message))).toBe("NOT_IN_ROOM");
    }
    expect(errorCode(world.ask(c, typing()))).toBe("MISSING_ROOM");
    expect(b.take()).toEqual([]);
  });

  test("leaves no timer behind", () => {
    const world = new World({ heartbeat: false });
    const a = world.enter("Alice", "one", "two");
    world.enter("Bob", "one", "two");
    world.ask(a, typing("one"));
    world.ask(a, typing("two"));
    expect(world.clock.pendingTimers).toBe(2);
    a.cut();
    expect(world.clock.pendingTimers).toBe(0);
  });
});

describe("online_users", () => {
  test("names the distinct users of a room", () => {
    const world = new World();
    world.enter("Alice", "general");
    world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    const ask = { type: "online_users", payload: { room_id: "general" }, id: "o1" };
    expect(world.ask(b, ask)).toMatchObject([
      {
        type: "online_users",
        payload: { room_id: "general", users: [alice, bob], count: 2 },
        id: "o1",
      },
    ]);
  });

  test("of a room that nobody is in are none", () => {
    const world = new World();
    const ask = { type: "online_users", payload: { room_id: "nowhere" } };
    expect(world.ask(world.connect("Alice"), ask)).toMatchObject([{ payload: { count: 0 } }]);
    expect(world.hub.rooms.size).toBe(0);
  });
});

describe("ping and pong", () => {
  test("a ping is answered, under its id", () => {
    const world = new World();
    const a = world.connect("Alice");
    expect(world.ask(a, { type: "ping", id: "p1" })).toEqual([{ type: "pong", id: "p1" }]);
  });

  test("a pong is taken without an answer", () => {
    const world = new World();
    expect(world.ask(world.connect("Alice"), { type: "pong" })).toEqual([]);
  });
});

describe("one user on several connections", () => {
  test("joins once and leaves with the last one", () => {
    const world = new World();
    const b = world.enter("Bob", "general");
    const tab1 = world.enter("Alice", "general");
    const tab2 = world.enter("Alice", "general");
    expect(b.take()).toMatchObject([{ type: "user_joined", payload: alice }]);
    expect(world.hub.room("general").members).toEqual([bob, alice]);
    expect(world.hub.room("general").size).toBe(3);

    tab1.hangUp();
    world.clock.flush();
    expect(b.take()).toEqual([]);
    expect(world.hub.isOnline("alice")).toBe(true);

    tab2.cut();
    world.clock.flush();
    expect(b.take()).toMatchObject([{ type: "user_left", payload: alice }]);
    expect(world.hub.isOnline("alice")).toBe(false);
  });
});
