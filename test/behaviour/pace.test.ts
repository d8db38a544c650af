import type { Envelope } from "roomcast";
import { describe, expect, test } from "vitest";
import { join, leave, say, World } from "../support/world.js";

const typing = { type: "typing", room: "general" };
const stopTyping = { type: "stop_typing", room: "general" };

/** Bob in a room with Alice, and what he hears of her. */
function pair(world = new World()) {
  const bob = world.enter("Bob", "general");
  const alice = world.enter("Alice", "general");
  const send = (...messages: Envelope[]) => {
    for (const message of messages) alice.send(message);
    world.clock.flush();
  };
  /** What Bob is told within a while: types, and whether she types. */
  const heard = (ms = 0) => {
    world.clock.advance(ms);
    return bob.take().map(({ type, payload }) => {
      return type === "user_typing" ? (payload as { typing: boolean }).typing : type;
    });
  };
  bob.take();
  world.clock.advance(1_000);
  return { world, alice, bob, send, heard };
}

describe("of a member who starts and stops typing all the time", () => {
  test("two changes a second are told at once, and then the last state", () => {
    const { send, heard } = pair();
    send(typing, stopTyping, typing, stopTyping, typing);
    expect(heard()).toEqual([true, false]);
    expect(heard(999)).toEqual([]);
    expect(heard(1)).toEqual([true]);
    send(stopTyping, typing, stopTyping);
    expect(heard()).toEqual([false]);
    expect(heard(1_000)).toEqual([false]);
  });

  test("at most two messages a second are sent", () => {
    const { send, heard, world } = pair(new World({ rateLimit: false }));
    for (let ms = 0; ms < 10_000; ms += 10) {
      send(typing, stopTyping);
      world.clock.advance(10);
    }
    expect(heard(1_000).length).toBeLessThanOrEqual(21);
    world.clock.advance(1_000);
    expect(world.clock.pendingTimers).toBe(1); // the heartbeat's
  });

  test("a message ends it at once, and what waits with it", () => {
    const { send, heard } = pair();
    send(typing, stopTyping, typing, say("general", "hi"));
    expect(heard()).toEqual([true, false, false, "new_message"]);
    expect(heard(2_000)).toEqual([]);
  });

  test("what waits is told as it is then, also of one who has left", () => {
    const { send, heard } = pair();
    send(typing, stopTyping, typing, leave("general"));
    expect(heard()).toEqual([true, false, "user_left"]);
    expect(heard(1_000)).toEqual([false]);
  });
});

describe("of a member who comes and goes all the time", () => {
  test("two changes a second are told at once, and then the last state", () => {
    const { send, heard } = pair();
    send(leave("general"), join("general"), leave("general"));
    expect(heard()).toEqual(["user_left", "user_joined"]);
    expect(heard(1_000)).toEqual(["user_left"]);
    send(join("general"), leave("general"), join("general"));
    expect(heard()).toEqual(["user_joined"]);
    expect(heard(1_000)).toEqual(["user_joined"]);
  });

  test("at most two messages a second are sent, whatever the name and however the line ends", () => {
    const { heard, world } = pair(new World({ rateLimit: false }));
    for (let ms = 0; ms < 10_000; ms += 10) {
      for (const name of ["Alice", "ALICE"]) world.connect(name).send(join("general"));
      for (const client of [...world.hub.user("alice").clients]) client.terminate();
      world.clock.advance(10);
    }
    expect(heard(1_000).length).toBeLessThanOrEqual(21);
  });

  test("those who come meanwhile have the same members in the end", () => {
    const { send, world } = pair();
    send(leave("general"), join("general"), leave("general"));
    const carol = world.connect("Carol");
    carol.send(join("general"));
    send(join("general"));
    world.clock.advance(1_000);
    const members = new Set<string>();
    for (const { type, payload } of carol.take()) {
      const { id, users } = payload as { id: string; users?: { id: string }[] };
      for (const user of users ?? []) members.add(user.id);
      if (type === "user_joined") members.add(id);
    }
    expect([...members].sort()).toEqual(["alice", "bob", "carol"]);
  });

  test("what waits has the member's name and state as they are then, and reaches the others alone", () => {
    const { send, world, alice, bob } = pair();
    send(leave("general"), join("general"), leave("general"), join("general"));
    world.client("alice").setPresence("away");
    world.clock.flush();
    alice.take();
    bob.take();
    world.clock.advance(1_000);
    expect(bob.take()).toMatchObject([
      { type: "user_joined", payload: { id: "alice", name: "Alice", state: "away" } },
    ]);
    expect(alice.take("user_joined")).toEqual([]);
  });

  test("a return is told as one, also where it waits", () => {
    const { world, alice, bob } = pair(new World({ presence: { grace: 200 } }));
    const types = (ms: number) => {
      world.clock.advance(ms);
      return bob.take().map(({ type }) => type);
    };
    alice.cut();
    expect(types(100)).toEqual(["user_reconnecting"]);
    world.connect("Alice").send(join("general"));
    expect(types(0)).toEqual(["user_returned"]);
    for (const client of [...world.hub.user("alice").clients]) client.terminate();
    expect(types(150)).toEqual([]);
    world.connect("Alice").send(join("general"));
    expect(types(1_000)).toEqual(["user_returned"]);
  });

  test("another one's changes, and those in another room, are told at once", () => {
    const { send, world, heard } = pair();
    send(leave("general"), join("general"), leave("general"));
    heard();
    world.enter("Carol", "general");
    expect(heard()).toEqual(["user_joined"]);
    const other = world.enter("Dave", "other");
    send(join("other"));
    expect(other.take("user_joined")).toHaveLength(1);
  });
});

test("a hub that closes tells nothing that waits, and leaves no timer", async () => {
  const { world, send } = pair();
  send(leave("general"), join("general"), leave("general"), join("general"));
  send(typing, stopTyping, typing);
  const closed = world.hub.close();
  world.clock.advance(10_000);
  await closed;
  expect(world.clock.pendingTimers).toBe(0);
});
