/**
 * Finds a short list of steps that still fails: removes ever smaller parts for as long as the rest fails.
 * (Delta debugging; Zeller and Hildebrandt, 2002.)
 *
 * @param attempts Most candidates to try.
 */
export async function shrink<T>(
  steps: readonly T[],
  fails: (candidate: readonly T[]) => Promise<boolean>,
  attempts: number,
): Promise<readonly T[]> {
  let shortest = steps;
  let left = attempts;
  for (let size = Math.ceil(steps.length / 2); size >= 1; ) {
    let hasShrunk = false;
    // From the end: the last steps are the least likely to be needed.
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
