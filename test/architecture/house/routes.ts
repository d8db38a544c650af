import { type Cell, CORNER, type Place, type Route } from "./geometry.js";
import type { Arrow } from "./plan.js";
import { spread } from "./spread.js";

/**
 * Leads each arrow down through the cells of its chain.
 *
 * @param edges The upper and lower edge of each row, by level.
 */
export function makeRoutes(
  chains: readonly { readonly arrow: Arrow; readonly chain: readonly Cell[] }[],
  places: ReadonlyMap<string, Place>,
  edges: readonly { readonly top: number; readonly bottom: number }[],
  levels: ReadonlyMap<string, number>,
): Route[] {
  const starts = ports(chains, ({ chain }) => [chain[0], chain[1]]);
  const heads = ports(chains, ({ chain }) => [chain.at(-1), chain.at(-2)]);
  return chains.map(({ arrow, chain }, index) => {
    const [from, to] = [places.get(arrow.from), places.get(arrow.to)] as [Place, Place];
    const points = [{ x: starts[index] ?? 0, y: from.y + from.height }];
    const start = levels.get(arrow.from) ?? 0;
    points.push({ x: starts[index] ?? 0, y: edges[start]?.bottom ?? 0 });
    for (const [step, { center }] of chain.slice(1, -1).entries()) {
      const { top = 0, bottom = 0 } = edges[start - step - 1] ?? {};
      points.push({ x: center, y: top }, { x: center, y: bottom });
    }
    points.push({ x: heads[index] ?? 0, y: edges[levels.get(arrow.to) ?? 0]?.top ?? 0 });
    points.push({ x: heads[index] ?? 0, y: to.y });
    return { arrow, points };
  });
}

/** Where each arrow touches its box, such that those of one box keep their distance. */
function ports<Chain>(
  chains: readonly Chain[],
  ends: (chain: Chain) => (Cell | undefined)[],
): number[] {
  const found: { box: Cell; next: Cell; width: number; center: number }[] = chains.map((chain) => {
    const [box, next] = ends(chain) as [Cell, Cell];
    return { box, next, width: 0, center: touch(box, next) };
  });
  for (const box of new Set(found.map((port) => port.box))) {
    const own = found
      .filter((port) => port.box === box)
      .sort((one, other) => one.next.center - other.next.center);
    const side = box.width - 2 * CORNER;
    const left = box.center - side / 2;
    for (const port of own) port.center -= left;
    spread(own, Math.min(CORNER, side / Math.max(1, own.length - 1)), side);
    for (const port of own) port.center += left;
  }
  return found.map(({ center }) => center);
}

/** Straight above or below the neighbor if they overlap, else at the nearest corner. */
function touch(box: Cell, next: Cell): number {
  const half = (cell: Cell) => (cell.name === undefined ? 0 : Math.max(0, cell.width / 2 - CORNER));
  const left = Math.max(box.center - half(box), next.center - half(next));
  const right = Math.min(box.center + half(box), next.center + half(next));
  if (left <= right) return (left + right) / 2;
  return box.center + Math.sign(next.center - box.center) * half(box);
}
