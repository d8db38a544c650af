/** Calls that are counted: looking something up in a map or set, changing it, and each step through it. */
const COUNTED: readonly [object, readonly string[]][] = [
  [Map.prototype, ["get", "set", "has", "delete", "clear", "forEach"]],
  [Set.prototype, ["add", "has", "delete", "clear", "forEach"]],
  [Object.getPrototypeOf(new Map().entries()), ["next"]],
  [Object.getPrototypeOf(new Set().values()), ["next"]],
];

/**
 * How much is looked up and walked through while `run` runs: what a cost is held by, because it is the same
 * number on every machine and under any load, which a time is not.
 */
export function workOf(run: () => void): number {
  let steps = 0;
  const restore: (() => void)[] = [];
  for (const [prototype, names] of COUNTED) {
    const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
    for (const name of names) {
      const original = methods[name] as (...args: unknown[]) => unknown;
      methods[name] = function (this: unknown, ...args) {
        steps++;
        return original.apply(this, args);
      };
      restore.push(() => {
        methods[name] = original;
      });
    }
  }
  try {
    run();
  } finally {
    for (const undo of restore) undo();
  }
  return steps;
}
