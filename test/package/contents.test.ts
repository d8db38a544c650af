import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import ts from "typescript";
import { describe, expect, inject, it } from "vitest";
import { readManifest } from "./install.js";

const { bare } = inject("installed");
const shipped = join(bare, "node_modules/roomcast");
const files = readdirSync(shipped, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(shipped.length + 1))
  .map((file) => file.split(sep).join("/"))
  .sort();
const read = (file: string) => readFileSync(join(shipped, file), "utf8");

/** The names that the entries have in `dist`: `index` for roomcast itself, `ws` for roomcast/ws. */
const entries = Object.keys(readManifest(shipped).exports)
  .filter((name) => !name.endsWith(".json"))
  .map((name) => (name === "." ? "index" : name.slice("./".length)));

describe("the package", () => {
  it("has every entry in both formats, with types for both, and what goes with a release", () => {
    expect(entries).toEqual(expect.arrayContaining(["index", "ws", "testing"]));
    const needed = entries.flatMap((entry) =>
      ["js", "cjs", "d.ts", "d.cts"].map((extension) => `dist/${entry}.${extension}`),
    );
    const release = ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "docs/protocol.md"];
    expect(files).toEqual(expect.arrayContaining([...needed, ...release]));
  });

  it("has nothing else", () => {
    const allowed = [
      /^dist\/[\w-]+\.(js|cjs)(\.map)?$/,
      /^dist\/[\w-]+\.d\.c?ts$/,
      /^docs\/[\w-]+\.md$/,
      /^(README|CHANGELOG)\.md$/,
      /^(LICENSE|package\.json)$/,
    ];
    expect(files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
  });

  it("names in its exports only files that it has", () => {
    const targets = leaves(readManifest(shipped).exports);
    expect(targets.length).toBeGreaterThan(4 * entries.length);
    expect(targets.filter((target) => !existsSync(join(shipped, target)))).toEqual([]);
  });

  it("has source maps that carry their sources, for every file that names one", () => {
    const maps = files
      .filter((file) => /\.c?js$/.test(file))
      .map((file) => ({ file, url: /\/\/# sourceMappingURL=(.+)/.exec(read(file))?.[1] }))
      .filter(({ url }) => url !== undefined);
    expect(maps.length).toBeGreaterThanOrEqual(2 * entries.length);
    for (const { file, url } of maps) {
      const map = JSON.parse(read(join(dirname(file), String(url))));
      expect(map.sourcesContent, file).toHaveLength(map.sources.length);
      expect(map.sourcesContent, file).not.toContain(null);
    }
  });

  it("brings eventemitter3 along and nothing else", () => {
    expect(Object.keys(readManifest(shipped).dependencies ?? {})).toEqual(["eventemitter3"]);
    const installed = readdirSync(join(bare, "node_modules")).filter((name) => name[0] !== ".");
    expect(installed.sort()).toEqual(["eventemitter3", "roomcast"]);
  });

  it("imports eventemitter3 alone, but for roomcast/ws, which imports ws; nothing of Node's", () => {
    const imported = files
      .filter((file) => /\.(c?js|d\.c?ts)$/.test(file))
      .flatMap((file) =>
        ts
          .preProcessFile(read(file), true, true)
          .importedFiles.map(({ fileName }) => fileName)
          .filter((name) => !name.startsWith("."))
          .map((name) => `${file} imports ${name}`),
      )
      .filter((line) => !line.endsWith(" imports eventemitter3"));
    expect([...new Set(imported)].sort()).toEqual([
      "dist/ws.cjs imports ws",
      "dist/ws.js imports ws",
    ]);
  });

  it("has no any in its public types", () => {
    const found = files.filter((file) => /\.d\.c?ts$/.test(file)).flatMap(placesOfAny);
    expect(found).toEqual([]);
  });
});

function leaves(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Object.values(value as Record<string, unknown>).flatMap(leaves);
}

function placesOfAny(file: string): string[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1}: ${source.text.split("\n")[line]?.trim()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
