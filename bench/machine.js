import { execSync } from "node:child_process";
import { availableParallelism, cpus, getPriority, loadavg, release, totalmem, type } from "node:os";
import { versions } from "./peers.js";

/** One connection is one open file; the largest workload needs this many in one process. */
const FILES_NEEDED = 8_200;

/** What the figures depend on, as lines of text. */
export function machineFacts() {
  return [
    `${cpus()[0].model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${type()} ${release()}, Node ${process.version}`,
    versions().join(", "),
    ...(getPriority() === 0 ? [] : [`run at priority ${getPriority()}`]),
  ];
}

/** How busy the machine is, by its own count of the last minute. */
export function loadAverage() {
  return loadavg()[0].toFixed(1);
}

/** @throws Error if so many connections cannot be opened here. */
export function checkOpenFiles() {
  const limit = execSync("ulimit -n", { encoding: "utf8" }).trim();
  if (limit !== "unlimited" && Number(limit) < FILES_NEEDED) {
    throw new Error(`Only ${limit} files may be open; raise it first: ulimit -n ${FILES_NEEDED}`);
  }
}
