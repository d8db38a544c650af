import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/**
 * The core's layers from the ground up. A file may use values of its own layer and of those below;
 * of those above it may know types only.
 */
const LAYERS: readonly { readonly name: string; readonly holds: (file: string) => boolean }[] = [
  { name: "protocol", holds: (file) => file.startsWith("protocol/") },
  {
    name: "ground",
    holds: (file) =>
      file.startsWith("limits/") ||
      ["checks.ts", "clock.ts", "handshake.ts", "in-time.ts", "logger.ts", "policy.ts"].includes(
        file,
      ) ||
      file === "socket.ts",
  },
  { name: "delivery", holds: (file) => file.startsWith("delivery/") },
  { name: "history", holds: (file) => file.startsWith("history/") },
  { name: "client", holds: (file) => file === "client.ts" },
  { name: "room", holds: (file) => file === "room.ts" },
  // What the hub is put together from: everything in the core that no other line names.
  { name: "parts", holds: (file) => !["hub.ts", "index.ts"].includes(file) },
  { name: "hub", holds: (file) => file === "hub.ts" },
  { name: "index", holds: (file) => file === "index.ts" },
];

/** The one package that each adapter is for; an adapter for something built in has none. */
const PEERS: Readonly<Record<string, string>> = { ws: "ws", uws: "uWebSockets.js" };

/** Of the core's values, the ones that an adapter may use. */
const OPEN_TO_ADAPTERS = /^(protocol\/.+|handshake\.ts|gate\.ts)$/;

/** What the remote end shares with the core: the wire, and where time comes from. */
const OPEN_TO_BROWSER = /^protocol\/.+$/;

const MAX_LINES = 300;

interface Import {
  readonly from: string;
  readonly line: number;
  /** A file below `src`, or a package's name. */
  readonly to: string;
  readonly isPackage: boolean;
  /** Gone once compiled: `import type`, `export type`, `import("…").Name` as a type. */
  readonly isType: boolean;
}

const root = fileURLToPath(new URL("../src/", import.meta.url));
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.split(sep).join("/"))
  .sort();
const sources = new Map(files.map((file) => [file, parse(file)]));
const imports = [...sources].flatMap(([file, source]) => importsOf(file, source));

describe("the sources", () => {
  it("are found, and so are their imports", () => {
    expect(files).toContain("hub.ts");
    expect(imports.some(({ from, to }) => from === "hub.ts" && to === "client.ts")).toBe(true);
  });

  it("use values of their own layer and of those below only", () => {
    const violations = imports
      .filter(({ from, to, isType, isPackage }) => {
        return !isType && !isPackage && isCore(from) && isCore(to) && layerOf(to) > layerOf(from);
      })
      .map((found) => {
        const [lower, upper] = [nameOfLayer(found.from), nameOfLayer(found.to)];
        return `${show(found)}, but ${upper} is above ${lower}: only "import type" may look up`;
      });
    expect(violations).toEqual([]);
  });

  it("import no values in a circle", () => {
    expect(cycles().map((cycle) => `${cycle.join(" → ")}: break it with "import type"`)).toEqual(
      [],
    );
  });

  it("know nothing of adapters, browser, testing and simulation, in the core", () => {
    const violations = imports
      .filter(({ from, to, isPackage }) => isCore(from) && !isPackage && !isCore(to))
      .map((found) => `${show(found)}, but the core works without: ${areaOf(found.to)} imports it`);
    expect(violations).toEqual([]);
  });

  it("use no package in the core but eventemitter3, and nothing of Node's own", () => {
    const violations = imports
      .filter(({ from, to, isPackage }) => isCore(from) && isPackage && to !== "eventemitter3")
      .map(
        (found) => `${show(found)}, but the core runs in every runtime, with eventemitter3 only`,
      );
    expect(violations).toEqual([]);
  });

  it("keep adapters, browser, testing and simulation apart, but for what simulation uses", () => {
    const violations = imports
      .filter(({ from, to, isPackage }) => {
        return !isCore(from) && !isPackage && !isCore(to) && areaOf(from) !== areaOf(to);
      })
      // The simulator is handed `connect`: it knows what a connection is, and brings none along. It runs on
      // the virtual clock of testing.
      .filter(({ from, to, isType }) => {
        if (areaOf(from) !== "simulation") return true;
        return to !== "testing/index.ts" && !(isType && to === "browser/index.ts");
      })
      .map((found) => `${show(found)}, but ${areaOf(found.from)} stands by itself`);
    expect(violations).toEqual([]);
  });

  it("let an adapter use the core's index for types, and few of its values", () => {
    const violations = imports
      .filter(({ from, to, isPackage, isType }) => {
        if (!from.startsWith("adapters/") || isPackage || !isCore(to)) return false;
        return !OPEN_TO_ADAPTERS.test(to) && !(isType && to === "index.ts");
      })
      .map((found) => {
        return `${show(found)}, but an adapter takes types from index.ts and values from protocol/, handshake.ts and gate.ts`;
      });
    expect(violations).toEqual([]);
  });

  it("let browser use protocol only, for values and types alike", () => {
    const violations = imports
      .filter(({ from, to, isPackage }) => {
        return from.startsWith("browser/") && !isPackage && isCore(to) && !OPEN_TO_BROWSER.test(to);
      })
      .map((found) => `${show(found)}, but browser knows of the core protocol/ only`);
    expect(violations).toEqual([]);
  });

  it("let testing and simulation use values of protocol only", () => {
    const violations = imports
      .filter(({ from, to, isPackage, isType }) => {
        const isTesting = ["testing", "simulation"].includes(areaOf(from));
        return isTesting && !isPackage && !isType && isCore(to);
      })
      .filter(({ to }) => !to.startsWith("protocol/"))
      .map((found) => `${show(found)}, but ${areaOf(found.from)} takes values from protocol/ only`);
    expect(violations).toEqual([]);
  });

  it("use no package in an adapter but the one it is for, and none in browser, testing and simulation", () => {
    const violations = imports
      .filter(({ from, to, isPackage }) => {
        return isPackage && !isCore(from) && to !== PEERS[from.split("/")[1] ?? ""];
      })
      .map((found) => `${show(found)}, which is not the package that ${areaOf(found.from)} is for`);
    expect(violations).toEqual([]);
  });

  it("have named exports only", () => {
    const violations = [...sources].flatMap(([file, source]) =>
      source.statements
        .filter(isDefaultExport)
        .map((statement) => `${place(source, statement, file)} has a default export`),
    );
    expect(violations).toEqual([]);
  });

  it(`have at most ${MAX_LINES} lines a file`, () => {
    const violations = [...sources]
      .map(([file, source]) => ({ file, lines: source.text.trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > MAX_LINES)
      .map(
        ({ file, lines }) => `src/${file} has ${lines} lines: something wants a file of its own`,
      );
    expect(violations).toEqual([]);
  });
});

function parse(file: string): ts.SourceFile {
  const text = readFileSync(join(root, file), "utf8");
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** Every import in a file, however it is written. */
function importsOf(from: string, source: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const line = source.getLineAndCharacterOfPosition(specifier.getStart()).line + 1;
    const { text } = specifier;
    const isPackage = !text.startsWith(".");
    const to = isPackage ? text : relative(root, join(root, dirname(from), text));
    found.push({
      from,
      line,
      to: isPackage ? to : to.split(sep).join("/").replace(/\.js$/, ".ts"),
      isPackage,
      isType,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      add(node.moduleSpecifier, clause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportEqualsDeclaration(node)) {
      const { moduleReference } = node;
      if (ts.isExternalModuleReference(moduleReference)) {
        add(moduleReference.expression, node.isTypeOnly);
      }
    } else if (ts.isImportTypeNode(node)) {
      if (ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    } else if (ts.isCallExpression(node)) {
      const { expression } = node;
      const isRequire = ts.isIdentifier(expression) && expression.text === "require";
      if (isRequire || expression.kind === ts.SyntaxKind.ImportKeyword)
        add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isCore(file: string): boolean {
  return !["adapters", "browser", "testing", "simulation"].includes(file.split("/")[0] ?? "");
}

/** `adapters/ws`, `browser`, `testing`, `simulation`: what stands around the core, by folder. */
function areaOf(file: string): string {
  const [first, second] = file.split("/");
  return first === "adapters" ? `${first}/${second}` : String(first);
}

function layerOf(file: string): number {
  return LAYERS.findIndex(({ holds }) => holds(file));
}

function nameOfLayer(file: string): string {
  return LAYERS[layerOf(file)]?.name ?? "nothing";
}

/** Circles of value imports, each from its first file back to that file; none if there are none. */
function cycles(): string[][] {
  const found = new Map<string, string[]>();
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) {
      const cycle = path.slice(start);
      const key = [...cycle].sort().join(" ");
      if (!found.has(key))
        found.set(
          key,
          [...cycle, file].map((name) => `src/${name}`),
        );
      return;
    }
    if (done.has(file)) return;
    for (const { from, to, isType, isPackage } of imports) {
      if (from === file && !isType && !isPackage) walk(to, [...path, file]);
    }
    done.add(file);
  };
  for (const file of files) walk(file, []);
  return [...found.values()];
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true;
  if (ts.isExportDeclaration(statement)) {
    const clause = statement.exportClause;
    if (clause === undefined || !ts.isNamedExports(clause)) return false;
    return clause.elements.some(({ name }) => name.text === "default");
  }
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
  );
}

function place(source: ts.SourceFile, node: ts.Node, file: string): string {
  return `src/${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

function show({ from, line, to, isPackage, isType }: Import): string {
  return `src/${from}:${line} imports ${isType ? "types" : "values"} from ${isPackage ? `"${to}"` : `src/${to}`}`;
}
