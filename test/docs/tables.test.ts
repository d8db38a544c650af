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
