import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { type Import, readSources } from "./imports.js";
import { internalMembersOf } from "./internals.js";
import { knotsOf } from "./knots.js";

/**
 * The core's layers from the ground up. A file may import from its own layer and from those below, types
 * included.
 */
const LAYERS: readonly { readonly name: string; readonly holds: readonly (string | RegExp)[] }[] = [
  { name: "protocol", holds: [/^protocol\//] },
  { name: "util", holds: [/^util\//] },
  { name: "transport", holds: [/^transport\//] },
  { name: "delivery", holds: [/^delivery\//] },
  { name: "history", holds: [/^history\//] },
  // The vocabulary: what all that follows speaks of.
  {
    name: "client and room",
    holds: [/^(client|room)\.ts$/, /^rooms\/(room-state|visibility)\.ts$/],
  },
  { name: "incoming", holds: ["inbound/incoming.ts"] },
  { name: "context", holds: [/^(events|context)\.ts$/] },
  { name: "rooms", holds: [/^rooms\//] },
  { name: "inbound", holds: [/^inbound\//] },
  { name: "around the hub", holds: [/^(user|options|shutdown)\.ts$/] },
  { name: "hub", holds: ["hub.ts"] },
  { name: "index", holds: ["index.ts"] },
];

/** The seam to the network names what it carries, and nothing else of what is above it. */
const CARRIED = { from: "transport/socket.ts", to: "delivery/batch.ts" };

/** The one circle that there is: a client is in rooms, and a room has clients. */
const VOCABULARY = ["client.ts", "room.ts", "rooms/room-state.ts"];

/** Most files beside the folders. */
const MAX_FILES_AT_THE_TOP = 12;

/** The one package that each adapter is for; an adapter for something built in has none. */
const PEERS: Readonly<Record<string, string>> = { ws: "ws", uws: "uWebSockets.js" };

/** Of the core's values, the ones that an adapter may use. */
const OPEN_TO_ADAPTERS = /^(protocol|transport)\/.+$/;

/** What the remote end shares with the core: the wire, and where time comes from. */
const OPEN_TO_BROWSER = /^protocol\/.+$/;

/** The files that ask what time it is. All others measure elapsed time, which no clock that is set changes. */
const READS_THE_TIME: readonly string[] = [
  ...["context.ts", "util/clock.ts", "browser/timers.ts"],
  ...[
    "simulation/run/process-clock.ts",
    "simulation/run/simulation.ts",
    "testing/virtual-clock.ts",
  ],
];

const MAX_LINES = 300;

const root = fileURLToPath(new URL("../../src/", import.meta.url));
const { files, sources, imports } = readSources(root);

describe("the sources", () => {
  it("are found, and so are their imports", () => {
    expect(files).toContain("hub.ts");
    expect(imports.some(({ from, to }) => from === "hub.ts" && to === "client.ts")).toBe(true);
  });

  it("import from their own layer and from those below only, types included", () => {
    const violations = imports
      .filter(({ from, to, isPackage }) => {
        return !isPackage && isCore(from) && isCore(to) && layerOf(to) > layerOf(from);
      })
      .filter(({ from, to, isType }) => !(isType && from === CARRIED.from && to === CARRIED.to))
      .map((found) => {
        const [lower, upper] = [nameOfLayer(found.from), nameOfLayer(found.to)];
        return `${show(found)}, but ${upper} is above ${lower}: declare what you need yourself`;
      });
    expect(violations).toEqual([]);
  });

  it("have a layer each, in the core", () => {
    expect(files.filter((file) => isCore(file) && layerOf(file) === -1)).toEqual([]);
  });

  it("import nothing in a circle, types included, but the vocabulary's own", () => {
    expect(knotsOf(imports)).toEqual([VOCABULARY]);
    expect(knotsOf(imports.filter(({ isType }) => !isType))).toEqual([]);
  });

  it("name the hub nowhere in the core: a part takes what it uses", () => {
    const violations = imports
      .filter(({ from, to }) => isCore(from) && from !== "index.ts" && /^(hub|index)\.ts$/.test(to))
      .map((found) => `${show(found)}, but only adapters and tests take a whole hub`);
    expect(violations).toEqual([]);
  });

  it(`have at most ${MAX_FILES_AT_THE_TOP} files beside the folders`, () => {
    const top = files.filter((file) => !file.includes("/"));
    expect(top.length, top.join(", ")).toBeLessThanOrEqual(MAX_FILES_AT_THE_TOP);
  });

  it("hide few members of the public classes", () => {
    const hiddenIn = (file: string, name: string) =>
      internalMembersOf(sources.get(file) as ts.SourceFile, name);
    const hidden = [
      ...hiddenIn("hub.ts", "Hub"),
      ...hiddenIn("client.ts", "Client"),
      ...hiddenIn("room.ts", "Room"),
      ...hiddenIn("user.ts", "UserHandle"),
    ];
    expect(hidden).toContain("Client.constructor");
    expect(hidden.length, hidden.join(", ")).toBeLessThanOrEqual(10);
    expect(hiddenIn("inbound/incoming.ts", "Incoming").length).toBeLessThanOrEqual(4);
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
        return `${show(found)}, but an adapter takes types from index.ts and values from protocol/ and transport/`;
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

  it("ask what time it is in few files: a clock that is set must not change what elapsed", () => {
    const found = [...sources].filter(([, { text }]) => /\bnow\(\)/.test(text));
    expect(found.map(([file]) => file)).toEqual([...READS_THE_TIME].sort());
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

function isCore(file: string): boolean {
  return !["adapters", "browser", "testing", "simulation"].includes(file.split("/")[0] ?? "");
}

/** `adapters/ws`, `browser`, `testing`, `simulation`: what stands around the core, by folder. */
function areaOf(file: string): string {
  const [first, second] = file.split("/");
  return first === "adapters" ? `${first}/${second}` : String(first);
}

function layerOf(file: string): number {
  return LAYERS.findIndex(({ holds }) =>
    holds.some((rule) => (typeof rule === "string" ? rule === file : rule.test(file))),
  );
}

function nameOfLayer(file: string): string {
  return LAYERS[layerOf(file)]?.name ?? "nothing";
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
