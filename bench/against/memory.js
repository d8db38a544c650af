import { fork } from "node:child_process";
import { join } from "node:path";
import { askChild } from "../ask.js";
import { startLoad, startServer } from "../cell.js";
import { peers } from "../peers.js";

/**
 * These come first, one after the other, and always in the same way: from the first objects of a class V8
 * decides how much space each later one gets.
 */
const FIRST_CLIENTS = 100;

/** Connections that are opened at the same time. More meet by chance in more ways, which takes memory too. */
const AT_ONCE = 10;

/**
 * V8 compiles what runs often at moments of its own choosing, and what it notes for that is on the heap. The
 * young generation is held small for the same reason.
 */
const FLAGS = ["--no-opt", "--max-semi-space-size=1"];

/**
 * Measures memory once, in new processes.
 *
 * @param {import("./rows.js").Row} row
 * @param {import("./rows.js").Side} side
 * @param {string} folder The benchmark beside the build.
 * @returns {Promise<Record<string, number>>}
 */
export function measureMemory(row, side, folder) {
  return row.measure === "idle" ? measureIdle(row, side, folder) : measureRooms(row, folder);
}

/** KB per connection: as many come first as are measured, because they make the heap grow. */
async function measureIdle({ peer, workload }, { hub }, folder) {
  const server = startServer(peer, { hub, flags: FLAGS, folder });
  const load = startLoad();
  const { dialect } = peers[peer];
  try {
    const port = await askChild(server, "port");
    const open = (count, rooms, atOnce) =>
      askChild(load, "open", { dialect, port, joins: true, count, rooms, atOnce });
    const { clients, rooms } = workload;
    await open(FIRST_CLIENTS, FIRST_CLIENTS, 1);
    await open(clients, rooms, AT_ONCE);
    const before = await askChild(server, "memory");
    await open(clients, rooms, AT_ONCE);
    const after = await askChild(server, "memory");
    const each = (kind) => (after[kind] - before[kind]) / 1024 / clients;
    return { heap: each("heap"), resident: each("resident") };
  } finally {
    load.kill("SIGKILL");
    server.kill("SIGKILL");
  }
}

/** Bytes per room. */
async function measureRooms({ rooms: { kind, ...options } }, folder) {
  const child = fork(join(folder, "servers/rooms.js"), [], { execArgv: ["--expose-gc", ...FLAGS] });
  try {
    return { heap: await askChild(child, kind, options) };
  } finally {
    child.kill("SIGKILL");
  }
}
