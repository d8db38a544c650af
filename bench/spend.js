import { askChild } from "./ask.js";

/**
 * What a server uses of the CPU, in microseconds, while the load does something.
 *
 * @template T
 * @param {import("node:child_process").ChildProcess} server
 * @param {string | undefined} profile Where to write the CPU profile of it, if at all.
 * @param {() => Promise<T>} act
 * @returns {Promise<{ used: number, result: T }>}
 */
export async function spend(server, profile, act) {
  if (profile !== undefined) await askChild(server, "startProfile");
  const before = await askChild(server, "cpu");
  const result = await act();
  const used = (await askChild(server, "cpu")) - before;
  if (profile !== undefined) await askChild(server, "stopProfile", profile);
  return { used, result };
}
