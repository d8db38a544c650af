import { type Cell, CORNER, type Place, type Route, type Size } from "./geometry.js";
import { levelsOf } from "./levels.js";
import { type Arrow, compare } from "./plan.js";
import { makeRoutes } from "./routes.js";
import { spread } from "./spread.js";

/** A picture's geometry. */
export interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  readonly routes: readonly Route[];
  readonly height: number;
}

const GAP = 18;
const ROW_GAP = 40;
/** Width that an arrow takes in a row it passes through. */
const LANE = 14;
/** Boxes make way for lanes, short lanes for long ones. A box weighs 1. */
const LANE_WEIGHT = 20;
/** Pull of the picture's middle on a box. The pull of a neighbor is 1. */
const MIDDLE = 0.2;
const ROUNDS = 60;

/** Places boxes row by row, each above what it imports from, and leads the arrows around them. */
export function layOut(
  sizes: ReadonlyMap<string, Size>,
  arrows: readonly Arrow[],
  width: number,
): Layout {
  const names = [...sizes.keys()];
  const widthOf = (name: string) => (sizes.get(name)?.width ?? LANE - GAP / 2) + GAP;
  const levels = levelsOf(names, arrows, widthOf, width);
  const { rows, chains } = makeRows(sizes, levels, arrows);
  order(rows);
  for (const row of rows) spread(row, GAP, width);
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of round % 2 === 0 ? rows : [...rows].reverse()) {
      for (const cell of row) cell.center = wish(cell, width / 2);
      spread(row, GAP, width);
    }
    for (const { chain } of chains) straighten(chain, chain.at(-1));
    for (const row of rows) spread(row, GAP, width);
  }
  // From here on boxes stay where they are, or make way for lanes.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { chain } of chains) straighten(chain);
    for (const row of rows) spread(row, GAP, width);
  }

  const places = new Map<string, Place>();
  const edges: { top: number; bottom: number }[] = [];
  let y = 0;
  for (const row of [...rows].reverse()) {
    const heights = row.map(({ name }) => sizes.get(name ?? "")?.height ?? 0);
    const height = Math.max(...heights);
    for (const [index, { name, center, width: own }] of row.entries()) {
      if (name === undefined) continue;
      const size = { width: own, height: heights[index] ?? 0 };
      places.set(name, { x: center - own / 2, y: y + (height - size.height) / 2, ...size });
    }
    edges.unshift({ top: y, bottom: y + height });
    y += height + ROW_GAP;
  }
  return { places, routes: makeRoutes(chains, places, edges, levels), height: y - ROW_GAP };
}

/** Rows from the ground up, and for each arrow the cells that it goes through, from above. */
function makeRows(
  sizes: ReadonlyMap<string, Size>,
  levels: ReadonlyMap<string, number>,
  arrows: readonly Arrow[],
) {
  const rows: Cell[][] = [];
  const cells = new Map<string, Cell>();
  const add = (name: string | undefined, own: number, weight: number, level: number): Cell => {
    const cell: Cell = { name, width: own, weight, center: 0, up: [], down: [] };
    const row = rows[level] ?? [];
    rows[level] = row;
    row.push(cell);
    return cell;
  };
  for (const [name, size] of [...sizes].sort(([one], [other]) => compare(one, other))) {
    cells.set(name, add(name, size.width, 1, levels.get(name) ?? 0));
  }
  const chains = arrows.map((arrow) => {
    const [from, to] = [cells.get(arrow.from), cells.get(arrow.to)] as [Cell, Cell];
    const chain = [from];
    const [top = 0, bottom = 0] = [levels.get(arrow.from), levels.get(arrow.to)];
    for (let level = top - 1; level > bottom; level--) {
      chain.push(add(undefined, LANE, LANE_WEIGHT * (top - bottom), level));
    }
    chain.push(to);
    for (const [index, cell] of chain.entries()) {
      const next = chain[index + 1];
      if (next === undefined) continue;
      cell.down.push(next);
      next.up.push(cell);
    }
    return { arrow, chain };
  });
  return { rows, chains };
}

/** Sorts each row such that few arrows cross. */
function order(rows: Cell[][]): void {
  const index = (row: Cell[]) => {
    for (const [at, cell] of row.entries()) cell.center = at / row.length;
  };
  for (const row of rows) index(row);
  let best = rows.map((row) => [...row]);
  let fewest = crossings(rows);
  for (let round = 0; round < ROUNDS; round++) {
    const isUp = round % 2 === 0;
    for (const row of isUp ? rows : [...rows].reverse()) {
      const means = new Map(
        row.map((cell) => [cell, mean(isUp ? cell.down : cell.up) ?? cell.center]),
      );
      row.sort((one, other) => (means.get(one) ?? 0) - (means.get(other) ?? 0));
      index(row);
    }
    const count = crossings(rows);
    if (count >= fewest) continue;
    fewest = count;
    best = rows.map((row) => [...row]);
  }
  for (const [at, row] of best.entries()) rows[at] = row;
}

function crossings(rows: readonly Cell[][]): number {
  let count = 0;
  for (const row of rows) {
    const lines = row.flatMap((cell, from) => cell.down.map(({ center }) => ({ from, center })));
    for (const one of lines) {
      for (const other of lines) if (one.from < other.from && one.center > other.center) count++;
    }
  }
  return count;
}

function mean(cells: readonly Cell[]): number | undefined {
  if (cells.length === 0) return undefined;
  return cells.reduce((sum, { center }) => sum + center, 0) / cells.length;
}

/** The best place for a cell: above and below its neighbors. */
function wish(cell: Cell, middle: number): number {
  let [sum, weights] = cell.name === undefined ? [0, 0] : [MIDDLE * middle, MIDDLE];
  for (const other of [...cell.up, ...cell.down]) {
    const areLanes = Number(cell.name === undefined) + Number(other.name === undefined);
    const weight = [1, 2, 8][areLanes] ?? 1;
    // A lane may start anywhere at a box.
    const half = areLanes === 1 ? Math.max(cell.width, other.width) / 2 - CORNER : 0;
    const distance = other.center - cell.center;
    const pull = Math.sign(distance) * Math.max(0, Math.abs(distance) - Math.max(0, half));
    sum += weight * (cell.center + pull);
    weights += weight;
  }
  return weights === 0 ? cell.center : sum / weights;
}

/**
 * Puts the lanes of an arrow in one line, if a box is given then above that box. `spread` moves a lane
 * aside again where the line meets another box.
 */
function straighten(chain: readonly Cell[], box?: Cell): void {
  const lanes = chain.slice(1, -1);
  const center = mean(lanes);
  if (center === undefined) return;
  const half = box === undefined ? 0 : Math.max(0, box.width / 2 - CORNER);
  for (const lane of lanes) {
    lane.center =
      box === undefined ? center : Math.min(box.center + half, Math.max(box.center - half, center));
  }
}
