import { ERROR_CODES, RoomcastError } from "roomcast";
import { describe, expect, test } from "vitest";
import { errorCode, World } from "../../support/world.js";

describe("a handler that throws the code", () => {
  test.each(Object.entries(ERROR_CODES))("%s, the business of the %s", (code, audience) => {
    const world = new World();
    world.hub.handle("fail", () => {
      throw new RoomcastError(code, "Why.");
    });
    const told = errorCode(world.ask(world.connect("Alice"), { type: "fail" }));
    const isTold = audience === "client" && code !== "INTERNAL";
    expect(told).toBe(isTold ? code : "INTERNAL");
    expect(world.emitted("error")).toHaveLength(isTold ? 0 : 1);
  });

  test("of an application tells it to the client, whatever it is called", () => {
    for (const code of ["NOT_AN_EDITOR", "toString", "__proto__", ""]) {
      const world = new World();
      world.hub.handle("fail", () => {
        throw new RoomcastError(code, "Why.");
      });
      expect(errorCode(world.ask(world.connect("Alice"), { type: "fail" }))).toBe(code);
    }
  });
});
