import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { askChild } from "./ask.js";
import { peers } from "./peers.js";
import { measureRecovery } from "./recovery.js";
import { spend } from "./spend.js";

/** The folder of the benchmark. */
const HERE = fileURLToPath(new URL(".", import.meta.url));

/**
 * For memory alone, and for every server: V8's young generation stays at this many MB. Left to itself
 * it grows by as much as all connections need, at moments of its own choosing.
 */
const YOUNG_GENERATION = 1;

/** Storms before anything is measured, so that a server's code is compiled and its heap has grown. */
const FIRST_STORMS = 2;

/**
 * @typedef {object} Figures What one run of one workload against one server gave.
 * @property {number} [cpu] Microseconds of server CPU per delivered frame; of a storm, per connection; of
 * recovery, per recovered message.
 * @property {number} [perSecond] Delivered frames.
 * @property {number} [p50] Milliseconds from message to ack.
 * @property {number} [p99]
 * @property {number} [atOnce] Bursts that the load sent at the same time, on average.
 * @property {number} [load] The load's share of one core.
 * @property {number} [resident] KB per connection.
 * @property {number} [live] KB per connection that are alive on the heap.
 * @property {number} [filled] Seconds that it took until all were in their rooms.
 * @property {number} [back] Seconds from the drop until all were back in their rooms, on average.
 * @property {number} [told] Frames that the server sent per connection that came back.
 * @property {number} [there] Of recovery: microseconds of server CPU per frame to somebody who is there.
 * @property {number} [ratio] Of recovery: a recovered message's CPU, divided by that.
 * @property {number} [join] Of recovery: microseconds of server CPU per join of one who missed nothing.
 */

/**
 * Runs one workload against one server, each in a process of its own.
 *
 * @param {import("./workloads.js").Workload} workload
 * @param {string} peer
 * @param {{ seconds: number, profile?: string }} options
 * @returns {Promise<Figures>}
 */
export async function runCell(workload, peer, { seconds, profile }) {
  const flags =
    workload.measure === "memory" ? [`--max-semi-space-size=${YOUNG_GENERATION}`] : undefined;
  const { dialect, floor } = peers[peer];
  const server = startServer(peer, { hub: workload.hub, flags });
  const load = startLoad();
  try {
    const port = await askChild(server, "port");
    const room = { dialect, port, joins: floor !== undefined };
    if (workload.measure === "memory") return await measureMemory(server, load, room, workload);
    if (workload.measure === "storm") {
      return await measureStorm(server, load, room, workload, profile);
    }
    if (workload.measure === "recovery") {
      return await measureRecovery(server, load, room, workload, profile);
    }
    return await measureCpu(server, load, room, workload, seconds, profile);
  } finally {
    load.kill("SIGKILL");
    server.kill("SIGKILL");
  }
}

async function measureCpu(server, load, options, workload, seconds, profile) {
  const { clients, rooms, burst, everyMs, senders, inFlight } = workload;
  const filled = await askChild(load, "open", { ...options, count: clients, rooms });
  await askChild(load, "warmUp", { burst, inFlight });
  const { used, result } = await spend(server, profile, () =>
    askChild(load, "send", { seconds, burst, everyMs, senders, inFlight }),
  );
  await askChild(load, "verify");
  const { frames, ...figures } = result;
  return { ...figures, cpu: used / frames, filled };
}

async function measureStorm(server, load, options, workload, profile) {
  const { clients, rooms, roomsEach, storms, inFlight: atOnce } = workload;
  await askChild(load, "open", { ...options, count: clients, rooms, roomsEach });
  await askChild(load, "storm", { times: FIRST_STORMS, atOnce });
  const { used, result } = await spend(server, profile, () =>
    askChild(load, "storm", { times: storms, atOnce }),
  );
  const { frames, ...figures } = result;
  return { ...figures, cpu: used / (storms * clients), told: frames / (storms * clients) };
}

/** The same crowd comes twice: the first makes the heap grow, the second is what is measured. */
async function measureMemory(server, load, options, { clients, rooms }) {
  await askChild(load, "open", { ...options, count: clients, rooms });
  const before = await askChild(server, "memory");
  await askChild(load, "open", { ...options, count: clients, rooms });
  const after = await askChild(server, "memory");
  const each = (kind) => (after[kind] - before[kind]) / 1024 / clients;
  return { resident: each("resident"), live: each("live") };
}

/**
 * Starts the server of a peer.
 *
 * @param {string} peer
 * @param {{ hub?: object, flags?: string[], folder?: string }} options The hub's options beside those
 * of the peer; flags for V8; the folder of the benchmark that the server is taken from, and with it the
 * build of roomcast that it imports.
 */
export function startServer(peer, { hub, flags = [], folder = HERE }) {
  const { variantOf: file = peer, hub: own } = peers[peer];
  return fork(join(folder, `servers/${file}.js`), [JSON.stringify({ ...own, ...hub })], {
    execArgv: ["--expose-gc", ...flags],
  });
}

export function startLoad() {
  return fork(join(HERE, "load.js"), [], { execArgv: [] });
}
