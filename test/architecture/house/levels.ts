import type { Arrow } from "./plan.js";

/**
 * The level of each box, from 0 at the ground: above all boxes that it imports from, and such that no level
 * is wider than `limit`. `widthOf("")` is the width of an arrow that passes through a level.
 */
export function levelsOf(
  names: readonly string[],
  arrows: readonly Arrow[],
  widthOf: (name: string) => number,
  limit: number,
): Map<string, number> {
  const levels = new Map(names.map((name) => [name, 0]));
  const level = (name: string): number => levels.get(name) ?? 0;
  const below = (name: string) => arrows.filter(({ from }) => from === name);
  const above = (name: string) => arrows.filter(({ to }) => to === name);
  const lift = (name: string, to: number): void => {
    if (level(name) >= to) return;
    levels.set(name, to);
    for (const { from } of above(name)) lift(from, to + 1);
  };
  const on = (index: number) => names.filter((name) => level(name) === index);
  const top = () => Math.max(...levels.values());
  const width = (index: number): number => {
    const passing = arrows.filter(({ from, to }) => level(to) < index && index < level(from));
    return on(index).reduce((sum, name) => sum + widthOf(name), 0) + passing.length * widthOf("");
  };

  for (const { from, to } of arrows) lift(from, level(to) + 1);
  // From a level that is too wide, the box with the fewest levels above it moves up.
  for (let index = 0; index <= top(); index++) {
    while (width(index) > limit && on(index).length > 1) {
      const [first = ""] = on(index).sort((one, other) => height(one) - height(other));
      lift(first, index + 1);
    }
  }
  // A box with more arrows in than out moves up to where the arrows come from: short lines.
  for (let round = 0; round < names.length; round++) {
    for (const name of names) {
      const [ins, outs] = [above(name), below(name)];
      if (ins.length <= outs.length) continue;
      const highest = Math.min(...ins.map(({ from }) => level(from))) - 1;
      for (let target = highest; target > level(name); target--) {
        if (width(target) + widthOf(name) > limit) continue;
        levels.set(name, target);
        break;
      }
    }
  }
  const used = [...new Set(levels.values())].sort((one, other) => one - other);
  return new Map(names.map((name) => [name, used.indexOf(level(name))]));

  /** The length of the longest way up from a box. */
  function height(name: string): number {
    return Math.max(0, ...above(name).map(({ from }) => height(from) + 1));
  }
}
