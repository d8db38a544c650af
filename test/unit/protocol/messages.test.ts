import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CLIENT_MESSAGES, isReserved, traitsOf } from "../../../src/protocol/messages.js";
import { World } from "../../support/world.js";

const page = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");

describe("the built-in types", () => {
  test("that a client sends are all handled, and all documented", () => {
    const world = new World();
    for (const type of Object.keys(CLIENT_MESSAGES)) {
      const answers = world.ask(world.enter("Alice"), { type, room: "general", id: "1" });
      const codes = answers.map(({ payload }) => (payload as { code?: string } | undefined)?.code);
      expect(codes, type).not.toContain("UNKNOWN_TYPE");
      expect(page, type).toContain(`\`${type}\``);
    }
  });

  test.each([
    ...["ack", "error", "room_info", "gap", "skipped", "removed", "reconnect"],
    ...["user_joined", "user_left", "user_reconnecting", "user_returned"],
    ...["user_updated", "user_count", "members", "left", "status"],
  ])("that only the hub sends: an application cannot send %s", (type) => {
    expect(isReserved(type)).toBe(true);
    expect(() => new World().hub.broadcast(type)).toThrow(/type must be a type that the protocol/);
  });

  test.each([
    ...["new_message", "user_typing", "online_users", "ping", "pong"],
    ...["draw", "toString", "__proto__", "constructor"],
  ])("that anybody may send: %s", (type) => {
    expect(isReserved(type)).toBe(false);
    expect(() => new World().hub.broadcast(type)).not.toThrow();
  });

  test("take their turn as the protocol says, and others wait without holding", () => {
    const ordersOf = (...types: string[]) => types.map((type) => traitsOf(type).order);
    expect(ordersOf("join_room", "leave_room", "send_message", "typing", "online_users")).toEqual(
      Array(5).fill("holds"),
    );
    expect(ordersOf("ping", "pong", "ack")).toEqual(Array(3).fill("prompt"));
    expect(ordersOf("draw", "toString", "__proto__")).toEqual(Array(3).fill("waits"));
  });
});
