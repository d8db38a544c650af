import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    index: "src/index.ts",
    ws: "src/adapters/ws/index.ts",
    testing: "src/testing/index.ts",
  },
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  external: ["ws"],
  dts: true,
  clean: true,
  sourcemap: true,
  // Shared chunks also in CommonJS: one copy of each class, or instanceof breaks across entries.
  splitting: true,
  treeshake: true,
});
