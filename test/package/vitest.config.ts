import { defineConfig } from "vitest/config";

/** The package as it is shipped: packed, installed and used from outside. */
export default defineConfig({
  test: {
    include: ["test/package/**/*.test.ts"],
    globalSetup: ["test/package/install.ts"],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // Compilers, each of which takes a core.
    maxConcurrency: 2,
  },
});
