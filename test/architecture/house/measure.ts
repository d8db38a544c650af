import type { Size } from "./geometry.js";
import type { Box } from "./plan.js";

/** A text in a box. */
interface Label {
  /** Its class in the style. */
  readonly kind: "caption" | "name" | "file" | "file folder";
  readonly text: string;
  /** A caption in the same row, behind it. */
  readonly after?: string;
  /** From the box's left side. */
  readonly x: number;
  /** From 0. */
  readonly row: number;
}

/** A box with everything that is written in it. */
export interface Measured extends Size {
  readonly name: string;
  /** Whether it is a subpath of the package. */
  readonly isEntry: boolean;
  readonly texts: readonly Label[];
}

/** The first baseline, and from one to the next. */
export const ROW = { first: 23, height: 18 };

const PAD = 14;
const BOTTOM = 11;
/** Between two texts of a row. */
const SPACE = 13;
/** A box with many files grows in height first, then in width. */
const MAX_ROWS = 3;
const MIN_WIDTH = 150;
const MAX_WIDTH = 330;

/** Widths of a character; of a proportional font, wide enough for every system's. */
const NAME_CHAR = 9.2;
const CAPTION_CHAR = 6.8;
const FILE_CHAR = 7;

/** Sets the texts of a box: its name, a caption, the names of its files. */
export function measure(box: Box, caption: string | undefined): Measured {
  const { name, files } = box;
  const isFile = files.length === 0;
  const isEntry = name === "index.ts" || files.includes("index");
  const texts: Label[] = [];
  let right = PAD + name.length * NAME_CHAR;
  if (caption === undefined) texts.push({ kind: "name", text: name, x: PAD, row: 0 });
  else if (isFile) {
    texts.push({ kind: "name", text: name, x: PAD, row: 0 });
    texts.push({ kind: "caption", text: caption, x: PAD, row: 1 });
    right = Math.max(right, PAD + caption.length * CAPTION_CHAR);
  } else {
    texts.push({ kind: "name", text: name, after: caption, x: PAD, row: 0 });
    right += SPACE + caption.length * CAPTION_CHAR;
  }
  let row = isFile && caption !== undefined ? 1 : 0;
  const title = right - PAD;
  for (const [folder, names] of byFolder(files)) {
    const start = PAD + (folder === "" ? 0 : folder.length * FILE_CHAR + SPACE);
    const rows = breakRows(names, Math.max(MIN_WIDTH, title));
    if (folder !== "") texts.push({ kind: "file folder", text: folder, x: PAD, row: row + 1 });
    for (const words of rows) {
      row++;
      let x = start;
      for (const text of words) {
        texts.push({ kind: "file", text, x, row });
        x += text.length * FILE_CHAR + SPACE;
      }
      right = Math.max(right, x - SPACE);
    }
  }
  const height = ROW.first + row * ROW.height + BOTTOM;
  return { name, isEntry, texts, width: Math.ceil(right + PAD), height };
}

/** The names of files by the folder that they are in, inside the box's own. */
function byFolder(files: readonly string[]): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    const end = file.lastIndexOf("/") + 1;
    const folder = file.slice(0, end);
    folders.set(folder, [...(folders.get(folder) ?? []), file.slice(end)]);
  }
  return new Map([...folders].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Rows below a title, as even as can be. */
function breakRows(names: readonly string[], title: number): string[][] {
  let limit = Math.min(title, MAX_WIDTH);
  while (limit < MAX_WIDTH && fill(names, limit).length > MAX_ROWS) limit++;
  const count = fill(names, limit).length;
  while (limit > 0 && fill(names, limit - 1).length === count) limit--;
  return fill(names, limit);
}

function fill(names: readonly string[], limit: number): string[][] {
  const rows: string[][] = [];
  let x = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const width = name.length * FILE_CHAR;
    if (x + width > limit) {
      rows.push([]);
      x = 0;
    }
    rows.at(-1)?.push(name);
    x += width + SPACE;
  }
  return rows;
}
