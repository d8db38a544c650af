import { Hub, type HubOptions } from "roomcast";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/protocol/errors.js";
import { readPage, root } from "./markdown.js";

/** Tables that people look things up in, and what they must list. */
describe("docs/protocol.md", () => {
  it("lists every message that a client sends", () => {
    const types = propertiesOf("src/protocol/messages.ts", "CLIENT_MESSAGES");
    expect(types).toContain("join_room");
    expect(rowsOf("docs/protocol.md", "type", 0).sort()).toEqual(types.sort());
  });

  it("lists every message that the server sends", () => {
    const types = propertiesOf("src/protocol/messages.ts", "SERVER_MESSAGES");
    expect(types).toContain("room_info");
    expect(rowsOf("docs/protocol.md", "type", 1).sort()).toEqual(types.sort());
  });

  it("lists every error code that a client is told", () => {
    const codes = Object.entries(ERROR_CODES).flatMap(([code, whose]) =>
      whose === "client" ? [code] : [],
    );
    expect(rowsOf("docs/protocol.md", "code", 0).sort()).toEqual(codes.sort());
  });
});

describe("the README", () => {
  it("lists every option of a hub", () => {
    const options = membersOf("src/options.ts", "HubOptions");
    expect(rowsOf("README.md", "option", 0).sort()).toEqual(options.sort());
  });
});

describe("docs/reference.md", () => {
  const reference = "docs/reference.md";

  it("lists every event of a hub, of a page's connection and of its rooms", () => {
    const events = [
      ...membersOf("src/events.ts", "HubEvents").map((name) => `${name} on hub`),
      ...membersOf("src/browser/connection.ts", "ConnectionEvents").map(
        (name) => `${name} on connection`,
      ),
      ...membersOf("src/browser/room.ts", "RoomEvents").map((name) => `${name} on room`),
    ];
    const rows = cellsOf(reference, "event").map(
      ([name = "", on = ""]) => `${plain(name)} on ${on}`,
    );
    expect(rows.sort()).toEqual(events.sort());
  });

  it("lists every option of a hub, of its adapters and of a page's connection", () => {
    const server = [
      ...membersOf("src/options.ts", "HubOptions"),
      ...membersOf("src/transport/upgrade-guard.ts", "UpgradeOptions"),
      ...membersOf("src/adapters/ws/serve.ts", "ServeOptions"),
    ];
    const page = membersOf("src/browser/options.ts", "ConnectOptions");
    const rows = cellsOf(reference, "option");
    const named = (column: number) => {
      const used = rows.filter((cells) => cells[column] !== "").map(([name = ""]) => plain(name));
      return [...new Set(used.map((name) => name.split(".")[0]))].sort();
    };
    expect(named(1)).toEqual(server.sort());
    expect(named(2)).toEqual(page.sort());
  });

  it("has the defaults of the code", () => {
    const rows = cellsOf(reference, "option");
    const column = (index: number) => {
      return new Map(rows.map((cells) => [plain(cells[0] ?? ""), plain(cells[index] ?? "")]));
    };
    const server = defaultsOf("src/options.ts", "DEFAULTS");
    expect(server.size).toBeGreaterThan(5);
    const page = defaultsOf("src/browser/options.ts", "OPTIONS");
    expect(page.size).toBeGreaterThan(5);
    for (const [name, value] of server) expect(column(1).get(name), name).toBe(value);
    for (const [name, value] of page) expect(column(2).get(name), name).toBe(value);
  });
});

describe("a hub", () => {
  it("knows every option that its types have", () => {
    const options = membersOf("src/options.ts", "HubOptions");
    const unknown = () => new Hub({ unknown: true } as HubOptions);
    expect(unknown).toThrow(/Options: /);
    for (const option of options) {
      expect(unknown, option).toThrow(new RegExp(`Options: .*\\b${option}\\b`));
    }
  });
});

/**
 * The names in the first column of a table, without what is no code. Of several tables whose first column
 * has that heading, the one at `index`.
 */
function rowsOf(page: string, heading: string, index: number): string[] {
  const tables = readPage(page)
    .split("\n\n")
    .filter((paragraph) => paragraph.startsWith(`| ${heading} |`));
  const rows = (tables[index] ?? "").split("\n").slice(2);
  return rows.flatMap((row) => {
    const [, first = ""] = row.split("|");
    return [...first.matchAll(/`([^`]+)`/g)].map(([, name]) => String(name));
  });
}

/** The cells of each row of the table whose first column has a heading. */
function cellsOf(page: string, heading: string): string[][] {
  const table = readPage(page)
    .split("\n\n")
    .find((paragraph) => paragraph.startsWith(`| ${heading} |`));
  const rows = (table ?? "").trim().split("\n").slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

function plain(cell: string): string {
  return cell.replaceAll("`", "");
}

/** The defaults of an object that are numbers, by their path: `queue.messages`. */
function defaultsOf(file: string, name: string): Map<string, string> {
  const found = new Map<string, string>();
  const read = (node: ts.Node | undefined, path: string): void => {
    if (node === undefined) return;
    if (ts.isAsExpression(node)) read(node.expression, path);
    if (ts.isNumericLiteral(node)) found.set(path, node.text);
    if (!ts.isObjectLiteralExpression(node)) return;
    for (const property of node.properties) {
      if (!ts.isPropertyAssignment(property)) continue;
      const own = (property.name as ts.Identifier).text;
      read(property.initializer, path === "" ? own : `${path}.${own}`);
    }
  };
  for (const statement of statementsOf(file).filter(ts.isVariableStatement)) {
    for (const declaration of statement.declarationList.declarations) {
      if ((declaration.name as ts.Identifier).text === name) read(declaration.initializer, "");
    }
  }
  return found;
}

function statementsOf(file: string): readonly ts.Statement[] {
  const text = ts.sys.readFile(root + file) ?? "";
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022).statements;
}

/** The names of the properties of an object that a file declares. */
function propertiesOf(file: string, name: string): string[] {
  return statementsOf(file)
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .filter((declaration) => (declaration.name as ts.Identifier).text === name)
    .flatMap(({ initializer }) => {
      return initializer && ts.isObjectLiteralExpression(initializer)
        ? initializer.properties.map((property) => (property.name as ts.Identifier).text)
        : [];
    });
}

/** The names of the members of an interface that a file declares. */
function membersOf(file: string, name: string): string[] {
  return statementsOf(file)
    .filter(ts.isInterfaceDeclaration)
    .filter((statement) => statement.name.text === name)
    .flatMap(({ members }) => members.map((member) => (member.name as ts.Identifier).text));
}
