import type { Sources } from "../imports.js";

/** A box of the picture: a folder of the sources, or a file that lies beside the folders. */
export interface Box {
  /** `protocol`, `adapters/ws`, `hub.ts`. */
  readonly name: string;
  /** Relative to the folder, without `.ts`; none for a box that is a file itself. */
  readonly files: readonly string[];
}

/** One box imports from another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Types only: nothing is left of it once compiled. */
  readonly isType: boolean;
}

/** Everything in the picture, without places. */
export interface Plan {
  readonly boxes: readonly Box[];
  /** Free of circles; arrows that follow from others are left out. */
  readonly arrows: readonly Arrow[];
  /** Value imports that would close a circle of boxes. */
  readonly circular: readonly Arrow[];
}

interface Link extends Arrow {
  readonly weight: number;
}

/** Gathers files into boxes, and imports between files into arrows between boxes. */
export function planHouse({ files, imports }: Sources): Plan {
  const folders = new Set(files.filter((file) => depth(file) === 1).map(topOf));
  const boxOf = (file: string): string => {
    const [first = "", second = ""] = file.split("/");
    return depth(file) === 0 || folders.has(first) ? first : `${first}/${second}`;
  };
  const boxes = new Map<string, string[]>();
  for (const file of files) {
    const name = boxOf(file);
    const inside = boxes.get(name) ?? [];
    boxes.set(name, inside);
    if (name !== file) inside.push(file.slice(name.length + 1).replace(/\.ts$/, ""));
  }

  const links = new Map<string, Link>();
  for (const { from: fromFile, to: toFile, isPackage, isType } of imports) {
    const [from, to] = [boxOf(fromFile), boxOf(toFile)];
    if (isPackage || from === to || !boxes.has(to)) continue;
    const key = `${from} ${to}`;
    const known = links.get(key) ?? { isType: true, weight: 0 };
    // Values count more than any number of types.
    const weight = known.weight + (isType ? 1 : 1_000);
    links.set(key, { from, to, isType: known.isType && isType, weight });
  }

  const { accepted, rejected } = withoutCircles([...links.values()]);
  return {
    boxes: [...boxes].map(([name, inside]) => ({ name, files: inside })),
    arrows: reduce(accepted),
    circular: rejected.filter(({ isType }) => !isType),
  };
}

/** Takes one link after the other, the heaviest first, and leaves out those that close a circle. */
function withoutCircles(links: readonly Link[]): { accepted: Link[]; rejected: Link[] } {
  const accepted: Link[] = [];
  const rejected: Link[] = [];
  const sorted = [...links].sort((one, other) => {
    return (
      other.weight - one.weight || compare(`${one.from} ${one.to}`, `${other.from} ${other.to}`)
    );
  });
  for (const link of sorted) {
    if (reach(link.to, accepted).has(link.from)) rejected.push(link);
    else accepted.push(link);
  }
  return { accepted, rejected };
}

/** Leaves out what follows from other arrows. */
function reduce(links: readonly Link[]): Arrow[] {
  const kept = links.filter(({ from, to }) => {
    const others = links.filter((link) => link.from === from && link.to !== to);
    return !others.some((link) => reach(link.to, links).has(to));
  });
  return kept
    .map(({ from, to, isType }) => ({ from, to, isType }))
    .sort((one, other) => compare(one.from, other.from) || compare(one.to, other.to));
}

/** Everything that can be reached from a box, itself included. */
function reach(start: string, links: readonly Arrow[]): Set<string> {
  const reached = new Set([start]);
  for (const name of reached) {
    for (const { from, to } of links) if (from === name) reached.add(to);
  }
  return reached;
}

/** By code units: the same order in every locale. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function depth(file: string): number {
  return file.split("/").length - 1;
}

function topOf(file: string): string {
  return file.split("/")[0] ?? "";
}
