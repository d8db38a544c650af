/**
 * The shortest history that still fails: drops ever smaller parts, as long as it fails without them.
 * (Delta debugging; Zeller and Hildebrandt, 2002.)
 *
 * @param attempts How many histories may be tried.
 */
export async function shrink<T>(
  history: readonly T[],
  fails: (candidate: readonly T[]) => Promise<boolean>,
  attempts: number,
): Promise<readonly T[]> {
  let shortest = history;
  let left = attempts;
  for (let size = Math.ceil(history.length / 2); size >= 1; ) {
    let hasShrunk = false;
    // From the end: what comes last is needed least.
    for (let start = shortest.length - size; start > -size; start -= size) {
      if (left-- <= 0) return shortest;
      const candidate = [...shortest.slice(0, Math.max(0, start)), ...shortest.slice(start + size)];
      if (candidate.length === shortest.length || !(await fails(candidate))) continue;
      shortest = candidate;
      hasShrunk = true;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!hasShrunk) return shortest;
  }
  return shortest;
}
