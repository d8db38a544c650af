import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

/** Tests that have nothing but functions, sockets in memory and a virtual clock leave nothing behind. */
const inMemory = ["test/{behaviour,testing,types,unit}/**/*.test.ts"];

export default defineConfig({
  resolve: {
    // Tests run against the sources; the packaging test runs against what is shipped.
    alias: [
      { find: /^roomcast$/, replacement: source("index.ts") },
      { find: /^roomcast\/browser$/, replacement: source("browser/index.ts") },
      { find: /^roomcast\/testing$/, replacement: source("testing/index.ts") },
      { find: /^roomcast\/simulation$/, replacement: source("simulation/index.ts") },
      { find: /^roomcast\/(\w+)$/, replacement: source("adapters/$1/index.ts") },
    ],
  },
  test: {
    projects: [
      // Not isolated: to start a process for each file takes longer than most of these files.
      { extends: true, test: { name: "in memory", include: inMemory, isolate: false } },
      {
        extends: true,
        test: {
          name: "real",
          include: ["test/**/*.test.ts"],
          exclude: ["test/package/**", ...inMemory],
        },
      },
    ],
    // One more than vitest takes on two cores: half of the time a test in a browser waits.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // What a machine that is busy does late, it has done all the same.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    coverage: { provider: "v8", include: ["src/**"] },
  },
});
