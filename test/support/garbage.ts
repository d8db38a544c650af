import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Frees all that nothing refers to, now. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
}
