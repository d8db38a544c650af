import { expect, test } from "vitest";
import { World } from "../../support/world.js";

test("a turn that brings very much is written before it ends, in order", () => {
  const world = new World();
  const a = world.connect("Alice");
  const client = world.client("alice");
  for (let n = 0; n < 10; n++) client.send("n", "x".repeat(10_000));
  expect(a.received.length).toBeGreaterThan(5);
  client.send("last");
  expect(a.take("last")).toEqual([]);
  world.clock.flush();
  expect(a.take().map(({ type }) => type)).toEqual([...Array<string>(10).fill("n"), "last"]);
});
