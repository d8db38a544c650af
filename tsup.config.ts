import { defineConfig, type Options } from "tsup";

const shared: Options = {
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  dts: true,
  sourcemap: true,
  treeshake: true,
};

export default defineConfig([
  {
    ...shared,
    entry: {
      index: "src/index.ts",
      ws: "src/adapters/ws/index.ts",
      uws: "src/adapters/uws/index.ts",
      websocket: "src/adapters/websocket/index.ts",
      testing: "src/testing/index.ts",
      simulation: "src/simulation/index.ts",
    },
    external: ["ws"],
    // Shared chunks also in CommonJS: one copy of each class, or instanceof breaks across entries.
    splitting: true,
  },
  {
    ...shared,
    entry: { browser: "src/browser/index.ts" },
    // One file that a page can load as it is.
    splitting: false,
  },
]);
