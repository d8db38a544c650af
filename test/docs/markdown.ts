import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the project, ending in a slash. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The pages that people read, as paths from the root; those that exist. */
export function pages(): string[] {
  const guides = existsSync(`${root}docs`)
    ? readdirSync(`${root}docs`)
        .filter((name) => name.endsWith(".md"))
        .map((name) => `docs/${name}`)
    : [];
  return ["README.md", "CHANGELOG.md", "typedoc.md"]
    .filter((page) => existsSync(root + page))
    .concat(guides);
}

export function readPage(page: string): string {
  return readFileSync(root + page, "utf8").replaceAll("\r\n", "\n");
}

/** A fenced block of code. */
export interface Block {
  /** What stands behind the opening fence: `ts`, `json`; empty for none. */
  readonly language: string;
  readonly code: string;
  /** The line of the page that the code starts on, from 1. */
  readonly line: number;
}

/** The fenced blocks of a page (CommonMark, 4.5), also those inside of lists. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const opening = /^(\s*)(`{3,}|~{3,})\s*([\w-]*)/.exec(lines[index] ?? "");
    if (opening === null) continue;
    const [, indent = "", fence = "", language = ""] = opening;
    const start = index + 1;
    const isEnd = (line: string) => line.trim().startsWith(fence) && /^\s*[`~]+\s*$/.test(line);
    do index++;
    while (index < lines.length && !isEnd(lines[index] ?? ""));
    const code = lines
      .slice(start, index)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join("\n");
    blocks.push({ language: language.toLowerCase(), code, line: start + 1 });
  }
  return blocks;
}

/**
 * What the page's blocks may use without declaring it: the declarations in its comments of the form
 * `<!-- setup: declare const hub: import("roomcast").Hub; -->`, each with its line.
 */
export function setupsOf(text: string): { readonly code: string; readonly line: number }[] {
  return [...text.matchAll(/<!--\s*setup:([\s\S]*?)-->/g)].map((match) => ({
    code: String(match[1]),
    line: text.slice(0, match.index).split("\n").length,
  }));
}

/** The page with all code and comments blanked out: every character that is left is on its line. */
function proseOf(text: string): string {
  const blank = (match: string) => match.replace(/[^\n]/g, " ");
  return text
    .replace(/^(\s*)(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^\s*\2[`~]*\s*$|(?![\s\S]))/gm, blank)
    .replace(/<!--[\s\S]*?-->/g, blank)
    .replace(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, blank);
}

/** Where a page's links and pictures lead, each with its line. */
export function linksOf(text: string): { readonly target: string; readonly line: number }[] {
  const prose = proseOf(text);
  // Inline, by reference, and HTML. A link's own text may have been code, and is blank then.
  const patterns = [
    /\]\(\s*<?([^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+"[^"]*")?\s*\)/g,
    /^\s*\[[^\]]+\]:\s*<?([^\s<>]+)>?/gm,
    /\b(?:href|src)="([^"]+)"/g,
  ];
  return patterns
    .flatMap((pattern) => [...prose.matchAll(pattern)])
    .map((match) => ({
      target: String(match[1]),
      line: prose.slice(0, match.index + match[0].length).split("\n").length,
    }));
}

/** The anchors of a page: its headings as GitHub names them, and those set by hand. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const inBlock = new Set(
    blocksOf(text).flatMap(({ code, line }) => code.split("\n").map((_, index) => line + index)),
  );
  text.split("\n").forEach((content, index) => {
    const heading = /^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/.exec(content)?.[1];
    if (heading === undefined || inBlock.has(index + 1)) return;
    const slug = slugOf(heading);
    let unique = slug;
    for (let count = 1; anchors.has(unique); count++) unique = `${slug}-${count}`;
    anchors.add(unique);
  });
  for (const match of text.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(String(match[1]));
  return anchors;
}

function slugOf(heading: string): string {
  return heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/<[^>]+>/g, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}
