/** Something with a place in a row. */
export interface Item {
  readonly width: number;
  /** Resistance to being moved. Default 1. */
  readonly weight?: number;
  center: number;
}

/**
 * Moves the items of a row as little as possible, so that they keep their order, are `gap` apart and
 * between 0 and `limit` (pool adjacent violators). A row that is too long begins at 0 and passes `limit`.
 */
export function spread(items: readonly Item[], gap: number, limit: number): void {
  // Minus the widths to its left, an item only must not be left of the one before: equal is enough.
  const groups: { sum: number; weight: number; count: number }[] = [];
  let before = 0;
  const offsets = items.map(({ width }) => {
    const offset = before + width / 2;
    before += width + gap;
    return offset;
  });
  for (const [index, { center, weight = 1 }] of items.entries()) {
    let group = { sum: weight * (center - (offsets[index] ?? 0)), weight, count: 1 };
    for (let last = groups.at(-1); last !== undefined; last = groups.at(-1)) {
      if (last.sum / last.weight <= group.sum / group.weight) break;
      group = {
        sum: group.sum + last.sum,
        weight: group.weight + last.weight,
        count: group.count + last.count,
      };
      groups.pop();
    }
    groups.push(group);
  }
  const slack = Math.max(0, limit - (before - gap));
  let index = 0;
  for (const { sum, weight, count } of groups) {
    const shift = Math.min(slack, Math.max(0, sum / weight));
    for (let left = count; left > 0; left--, index++) {
      const item = items[index];
      if (item !== undefined) item.center = shift + (offsets[index] ?? 0);
    }
  }
}
