import fc from "fast-check";
import { expect, test } from "vitest";
import { Shares } from "../../../src/util/shares.js";

test("who holds most is who gives way, and who would hold most is who asks", () => {
  const shares = new Shares<number>();
  expect(shares.greediest("a")).toBeUndefined();
  shares.add("a", 1);
  expect(shares.greediest("b")).toBe("a");
  expect(shares.greediest("a")).toBe("a");
  shares.add("b", 2);
  shares.add("b", 3);
  expect(shares.greediest("a")).toBe("b");
  shares.delete("b", 2);
  // Both hold one: who came to it first gives way to a third, and who asks for a second gets none of another's.
  expect([shares.greediest("c"), shares.greediest("b")]).toEqual(["a", "b"]);
  expect([...shares.of("b")]).toEqual([3]);
});

test("whatever is added and taken away, the counts are right", () => {
  const step = fc.record({ isAdded: fc.boolean(), holder: fc.nat(4), item: fc.nat(9) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const shares = new Shares<number>();
      const model = new Map<string, Set<number>>();
      for (const { isAdded, holder, item } of steps) {
        const name = `h${holder}`;
        const held = model.get(name) ?? new Set();
        model.set(name, held);
        if (isAdded) {
          shares.add(name, item);
          held.add(item);
        } else {
          shares.delete(name, item);
          held.delete(item);
        }
        const sizes = [...model.values()].map(({ size }) => size);
        const most = Math.max(...sizes);
        expect(shares.size).toBe(sizes.reduce((sum, size) => sum + size, 0));
        expect([...shares.of(name)]).toEqual([...held]);
        const greediest = shares.greediest("stranger");
        if (most === 0) expect(greediest).toBeUndefined();
        else expect(model.get(greediest as string)?.size).toBe(most);
      }
    }),
  );
});
