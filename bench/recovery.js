import { askChild } from "./ask.js";
import { median } from "./median.js";
import { spend } from "./spend.js";

/** What is measured, in turn: all are there; they missed something; they were away and missed nothing. */
const KINDS = ["live", "missed", "nothing"];

/**
 * Measures what a message costs the server that a client gets after it has come back, beside one that it
 * gets while it is there.
 *
 * Those who come back do so twice: once something was said meanwhile, once nothing. They connect, ask for
 * their room and say where they were all the same, so what is more the first time is what recovery costs.
 *
 * @param {import("node:child_process").ChildProcess} server
 * @param {import("node:child_process").ChildProcess} load
 * @param {import("./workloads.js").Workload} workload
 * @param {string | undefined} profile
 * @returns {Promise<import("./cell.js").Figures>}
 */
export async function measureRecovery(server, load, options, workload, profile) {
  const { clients, rooms, burst, inFlight: atOnce, times } = workload;
  await askChild(load, "open", { ...options, count: clients, rooms, isNumbered: true });
  await askChild(load, "warmUp", { burst });
  /** What each took of the CPU, per time. @type {Record<string, number[]>} */
  const costs = { live: [], missed: [], nothing: [] };
  /** Frames that the load got in each. @type {Record<string, number>} */
  const frames = {};
  const shares = [];
  // Whatever is done for the first time is not measured: it is compiled, and makes the heap grow.
  for (let time = -1; time < times; time++) {
    // Another order each time: what one leaves behind, another does not always find.
    for (let turn = 0; turn < KINDS.length; turn++) {
      const kind = KINDS[(time + 1 + turn) % KINDS.length];
      const isMeasured = time >= 0;
      const file = isMeasured ? profile?.replace(/(?=\.\w+$)/, `-${kind}-${time + 1}`) : undefined;
      if (kind !== "live") {
        await askChild(load, "goAway", { burst, atOnce, isMissed: kind === "missed" });
      }
      await askChild(server, "collect");
      const { used, result } = await spend(server, file, () =>
        kind === "live" ? askChild(load, "talk", { burst }) : askChild(load, "rejoin", { atOnce }),
      );
      await askChild(load, "verify");
      if (!isMeasured) continue;
      costs[kind].push(used);
      frames[kind] = result.frames;
      if (kind === "missed") shares.push(result.load);
    }
  }
  const there = median(costs.live) / frames.live;
  const cpu = (median(costs.missed) - median(costs.nothing)) / frames.missed;
  const join = median(costs.nothing) / (clients - rooms);
  return { cpu, there, ratio: cpu / there, join, load: median(shares) };
}
