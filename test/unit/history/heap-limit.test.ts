import { getHeapStatistics } from "node:v8";
import { expect, test } from "vitest";
import { heapLimit } from "../../../src/history/heap-limit.js";

const runtime = (getHeapStatistics: unknown) => ({
  process: { getBuiltinModule: () => ({ getHeapStatistics }) },
});

test("is what Node says", () => {
  expect(heapLimit()).toBe(getHeapStatistics().heap_size_limit);
});

test.each([
  ["has no process", {}],
  ["gives no modules", { process: {} }],
  ["lacks the module", { process: { getBuiltinModule: () => undefined } }],
  ["lacks the function", runtime(undefined)],
  [
    "has the function, and throws",
    runtime(() => {
      throw new Error("Not implemented.");
    }),
  ],
  ["says nothing", runtime(() => ({}))],
  ["says 0", runtime(() => ({ heap_size_limit: 0 }))],
])("is unknown where the runtime %s", (_, given) => {
  expect(heapLimit(given)).toBeUndefined();
});
