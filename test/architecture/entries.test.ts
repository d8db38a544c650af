import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import bundles from "../../tsup.config.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string) => readFileSync(root + file, "utf8");

const adapters = readdirSync(`${root}src/adapters`);

/** The files that users import, by the name of the entry: `roomcast/ws` is `ws`, `roomcast` is `index`. */
const sources: Record<string, string> = {
  index: "src/index.ts",
  ...Object.fromEntries(adapters.map((name) => [name, `src/adapters/${name}/index.ts`])),
  browser: "src/browser/index.ts",
  testing: "src/testing/index.ts",
  simulation: "src/simulation/index.ts",
};

it("every entry is built", () => {
  const built = [bundles].flat().map((bundle) => (bundle as { entry: object }).entry);
  expect(Object.assign({}, ...built)).toEqual(sources);
});

it("every entry is exported by the package", () => {
  const { exports } = JSON.parse(read("package.json")) as { exports: object };
  const names = Object.keys(sources).map((name) => (name === "index" ? "." : `./${name}`));
  expect(Object.keys(exports).sort()).toEqual([...names, "./package.json"].sort());
});

it("every entry stands in the API documentation", () => {
  const { entryPoints } = JSON.parse(read("typedoc.json")) as { entryPoints: string[] };
  expect(entryPoints.sort()).toEqual(Object.values(sources).sort());
});

it("every adapter runs through the contract", () => {
  const contract = read("test/transports/contract/transports.ts");
  expect(adapters.filter((name) => !contract.includes(`"roomcast/${name}"`))).toEqual([]);
});

it("every adapter has a page, which the README names", () => {
  const readme = read("README.md");
  const forgotten = adapters.filter((name) => {
    return !existsSync(`${root}docs/${name}.md`) || !readme.includes(`(docs/${name}.md)`);
  });
  expect(forgotten).toEqual([]);
});
