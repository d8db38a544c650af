import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { errorsOf, isProgram } from "./compile.js";
import { anchorsOf, blocksOf, linksOf, pages, readPage, root } from "./markdown.js";

describe.each(pages())("%s", (page) => {
  const text = readPage(page);

  it("has programs that compile", () => {
    expect(errorsOf(page, text)).toEqual([]);
  });

  it("has JSON that parses", () => {
    const errors = blocksOf(text)
      .filter(({ language }) => language === "json")
      .flatMap(({ code, line }) => jsonErrors(code, line).map((error) => `${page}:${error}`));
    expect(errors).toEqual([]);
  });

  it("has links that lead somewhere", () => {
    const broken = linksOf(text)
      .map(({ target, line }) => ({ line, target, reason: whyBroken(page, target) }))
      .filter(({ reason }) => reason !== undefined)
      .map(({ line, target, reason }) => `${page}:${line}: ${target}: ${reason}`);
    expect(broken).toEqual([]);
  });
});

describe("the README", () => {
  it("shows a program", () => {
    expect(blocksOf(readPage("README.md")).some(isProgram)).toBe(true);
  });
});

/** A block is one JSON value, or one on each line. */
function jsonErrors(code: string, line: number): string[] {
  const whole = parseError(code);
  if (whole === undefined) return [];
  const lines = code
    .split("\n")
    .map((content) => (content.trim() ? parseError(content) : undefined));
  if (lines[0] !== undefined) return [`${line}: ${whole}`];
  return lines.flatMap((error, index) => (error === undefined ? [] : `${line + index}: ${error}`));
}

function parseError(code: string): string | undefined {
  try {
    JSON.parse(code);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function whyBroken(page: string, target: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return undefined;
  const [path = "", anchor] = decodeURI(target).split("#");
  const file = path === "" ? page : normalize(join(dirname(page), path));
  if (file.startsWith("docs/api")) return "generated, so it is not there for those who read";
  if (!existsSync(root + file)) return "no such file";
  if (anchor === undefined || !file.endsWith(".md")) return undefined;
  return anchorsOf(readPage(file)).has(anchor) ? undefined : `${file} has no such heading`;
}
