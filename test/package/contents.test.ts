import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, sep } from "node:path";
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

const NAMES_OF_NODE = new Set(["Buffer", "process", "global", "__dirname", "__filename"]);

describe("the package", () => {
  it("has every entry in both formats, with types for both, and what goes with a release", () => {
    const promised = ["index", "ws", "uws", "websocket", "browser", "testing", "simulation"];
    expect(entries).toEqual(promised);
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
      // An entry that only re-exports from shared chunks has no sources of its own.
      const { sources, sourcesContent = [] } = JSON.parse(read(join(dirname(file), String(url))));
      expect(sourcesContent, file).toHaveLength(sources.length);
      expect(sourcesContent, file).not.toContain(null);
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
      .flatMap((file) => packagesOf(file).map((name) => `${file} imports ${name}`))
      .filter((line) => !line.endsWith(" imports eventemitter3"));
    expect([...new Set(imported)].sort()).toEqual([
      "dist/ws.cjs imports ws",
      "dist/ws.js imports ws",
    ]);
  });

  it.each([
    ["index", ["eventemitter3"]],
    ["websocket", []],
    ["browser", []],
  ])("needs nothing of Node in %s and all that it imports", (entry, packages) => {
    for (const extension of ["js", "cjs"]) {
      const bundle = bundleOf(`dist/${entry}.${extension}`);
      expect([...new Set(bundle.flatMap(packagesOf))]).toEqual(packages);
      expect(bundle.flatMap(namesOfNodeIn)).toEqual([]);
    }
  });

  it("has nothing of the hub in browser and all that it imports", () => {
    for (const extension of ["js", "cjs"]) {
      const sources = bundleOf(`dist/browser.${extension}`)
        .flatMap((file): string[] => JSON.parse(read(`${file}.map`)).sources)
        .map((source) => source.replace(/^.*\/src\//, ""));
      expect(sources).toContain("browser/connection.ts");
      const others = sources.filter((source) => !/^(browser|protocol)\/|^clock\.ts$/.test(source));
      expect(others).toEqual([]);
    }
  });

  it("has no any in its public types", () => {
    const found = files.filter((file) => /\.d\.c?ts$/.test(file)).flatMap(placesOfAny);
    expect(found).toEqual([]);
  });
});

/** The packages that a file imports, in whatever way. */
function packagesOf(file: string): string[] {
  return importsOf(file).filter((name) => !name.startsWith("."));
}

/** A file, and all files that it imports, and theirs. */
function bundleOf(file: string, found = new Set<string>()): string[] {
  if (found.has(file)) return [...found];
  found.add(file);
  for (const name of importsOf(file)) {
    if (name.startsWith(".")) bundleOf(posix.join(posix.dirname(file), name), found);
  }
  return [...found];
}

function importsOf(file: string): string[] {
  return ts.preProcessFile(read(file), true, true).importedFiles.map(({ fileName }) => fileName);
}

/** What a file uses of the names that only Node, and runtimes that follow it, have. */
function namesOfNodeIn(file: string): string[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isMember = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    if (ts.isIdentifier(node) && NAMES_OF_NODE.has(node.text) && !isMember) {
      found.push(`${file} uses ${node.text}`);
    }
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  return found;
}

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
