import ts from "typescript";
import { describe, expect, it } from "vitest";
import { errorsOf } from "./compile.js";
import { blocksOf, readPage, root } from "./markdown.js";

/** What `npm run docs` makes of the sources: every exported name has its place, and examples compile. */
const { entryPoints } = JSON.parse(readPage("typedoc.json")) as { readonly entryPoints: string[] };
const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
const program = ts.createProgram(
  entryPoints.map((entry) => root + entry),
  options,
);
const checker = program.getTypeChecker();

/** What the examples use without declaring it. */
const SETUP = `<!-- setup:
declare const hub: import("roomcast").Hub<{ id: string; name: string; editor?: boolean }>;
declare const room: import("roomcast").Room;
declare const connection: import("roomcast/browser").Connection;
declare const server: import("node:http").Server;
declare const httpServer: import("node:http").Server;
declare const request: Request;
declare const user: import("roomcast").User;
declare const Deno: { upgradeWebSocket(request: Request): { socket: WebSocket; response: Response } };
declare function verify(token: string | undefined): Promise<{ id: string; name: string }>;
declare function fetchToken(): Promise<string>;
declare function show(...things: unknown[]): void;
-->`;

/** Where the names come from that an example uses and does not import. */
const IMPORTS: readonly (readonly [names: string, from: string])[] = [
  ["Hub, MemoryHistory, RoomcastError", "roomcast"],
  ["connect", "roomcast/browser"],
  ["MemorySocket, VirtualClock", "roomcast/testing"],
  ["simulate", "roomcast/simulation"],
  ["serve", "roomcast/ws"],
  ["WebSocketServer", "ws"],
];

interface Declaration {
  readonly name: string;
  readonly entry: string;
  readonly node: ts.Declaration;
}

const declarations = entryPoints.flatMap(exportsOf);

describe("the API documentation", () => {
  it("puts every exported name into a category", () => {
    const without = declarations.filter(({ node }) => {
      return ts.getJSDocTags(host(node)).every(({ tagName }) => tagName.text !== "category");
    });
    expect(without.map(({ name, entry }) => `${name} of ${entry}`)).toEqual([]);
  });

  it.each(["Hub", "Client", "Room", "UserHandle", "Connection", "ConnectionRoom", "MemorySocket"])(
    "has an example for %s",
    (name) => {
      const found = declarations.find((declaration) => declaration.name === name);
      expect(found && examplesOf(host(found.node)).length).toBeGreaterThan(0);
    },
  );

  it("names every event of a hub on the hub's page", () => {
    const events = declarations.find(({ name }) => name === "HubEvents")?.node;
    const names = (events as ts.InterfaceDeclaration).members.map(({ name }) => name?.getText());
    const hub = declarations.find(({ name }) => name === "Hub")?.node as ts.Declaration;
    const comment = ts.getJSDocCommentsAndTags(hub)[0]?.getText() ?? "";
    expect(names.filter((name) => !comment.includes(`\`${name}\``))).toEqual([]);
  });

  it("has examples that compile", () => {
    const sources = program.getSourceFiles().filter(({ fileName, text }) => {
      return fileName.startsWith(`${root}src/`) && text.includes("@example");
    });
    const examples = sources.flatMap((source) => {
      return commentsOf(source).flatMap((comment) => {
        const adapter = /\/adapters\/(\w+)\//.exec(source.fileName)?.[1];
        return examplesOf(comment).map((code) => withImports(code, adapter));
      });
    });
    expect(examples.length).toBeGreaterThan(15);
    const blocks = examples.map((code) => `\`\`\`ts\n${code}\n\`\`\`\n`);
    expect(errorsOf("examples", [SETUP, ...blocks].join("\n"))).toEqual([]);
  });
});

/** What an entry exports, by its declaration. */
function exportsOf(entry: string): Declaration[] {
  const source = program.getSourceFile(root + entry);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entry} is no module.`);
  return checker.getExportsOfModule(module).flatMap((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
    const node = target.declarations?.[0];
    return node === undefined ? [] : [{ name: symbol.name, entry, node }];
  });
}

/** The node that has a declaration's docstring: for a variable, its statement. */
function host(node: ts.Node): ts.Node {
  return ts.isVariableDeclaration(node) ? node.parent.parent : node;
}

/** Every node of a file that has a docstring. */
function commentsOf(source: ts.SourceFile): ts.Node[] {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.getJSDocTags(node).some(({ parent }) => parent.parent === node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function examplesOf(node: ts.Node): string[] {
  return ts
    .getJSDocTags(node)
    .filter(({ tagName }) => tagName.text === "example")
    .flatMap((tag) => blocksOf(ts.getTextOfJSDocComment(tag.comment) ?? ""))
    .map(({ code }) => code);
}

/** An example as a module of its own, with the imports that it leaves out. */
function withImports(code: string, adapter: string | undefined): string {
  const own: [string, string][] = adapter === undefined ? [] : [[OWN[adapter] ?? "", adapter]];
  const imports = [...IMPORTS, ...own.map(([names, name]) => [names, `roomcast/${name}`] as const)];
  const missing = imports.flatMap(([names, from]) => {
    const used = names.split(", ").filter((name) => isUsed(code, name));
    return used.length === 0 ? [] : [`import { ${used.join(", ")} } from "${from}";`];
  });
  if (adapter === "uws") missing.push('import { App } from "uWebSockets.js";');
  // As the body of a function, unless it has imports of its own: an example may return.
  const body = code.includes("import ") ? code : `async () => {\n${code}\n};`;
  return [...missing, body].join("\n");
}

/** What each adapter's own examples use. */
const OWN: Readonly<Record<string, string>> = {
  ws: "attach",
  uws: "attach",
  websocket: "accept, handshakeFrom",
};

/** Whether an example uses a name and neither imports nor declares it. */
function isUsed(code: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b[(.,]`).test(code) && !code.includes(`{ ${name} }`);
}
