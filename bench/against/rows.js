/**
 * What is compared between two builds, and how much more the second may take.
 *
 * @typedef {object} Row
 * @property {string} name For `--only`, which takes the part before the slash, too.
 * @property {"cpu" | "idle" | "rooms"} measure Server CPU per delivered frame; memory per idle connection;
 * heap per room.
 * @property {string} unit
 * @property {string} [peer] The server.
 * @property {import("../workloads.js").Workload} [workload]
 * @property {string} [dialect] What the load speaks, if not what the peer usually does.
 * @property {object} [rooms] What `servers/rooms.js` is asked for.
 * @property {Side} before
 * @property {Side} after
 * @property {Record<string, number | undefined>} targets Per figure, the highest ratio of after to before;
 * undefined where the ratio is only reported.
 *
 * @typedef {{ build: "old" | "new", hub?: object }} Side A build, and options of its hub beside those of
 * the workload.
 */
import { peers } from "../peers.js";
import { workloads } from "../workloads.js";

const CPU = 1.02;
const RETURNED_STAMP = 1.05;
const IDLE_HEAP = 1.01;
const ROOM_HEAP = 1.05;
const LISTENER_HEAP = 1.15;

const ours = { "roomcast-ws": "ws", "roomcast-uws": "uws" };
const builds = { before: { build: "old" }, after: { build: "new" } };

/** @type {Row[]} */
const rows = [
  ...workloads.filter(({ measure }) => measure === "chat").flatMap(chatRows),
  ...drawRows(),
  ...idleRows(),
  roomRow("rooms", { kind: "members", count: 100_000 }, ROOM_HEAP),
  roomRow("rooms-join-listener", { kind: "members", count: 100_000, listens: true }, LISTENER_HEAP),
  roomRow("rooms-dormant", { kind: "dormant", count: 10_000 }, ROOM_HEAP),
];

/**
 * The rows that are asked for.
 *
 * @param {string | undefined} only Names, separated by commas; all rows without.
 */
export function chooseRows(only) {
  const names = only?.split(",");
  const isCalled = (row, name) => row.name === name || row.name.startsWith(`${name}/`);
  for (const name of names ?? []) {
    if (!rows.some((row) => isCalled(row, name))) {
      throw new Error(`No row "${name}". Rows: ${rows.map((row) => row.name).join(", ")}`);
    }
  }
  return rows.filter((row) => names?.some((name) => isCalled(row, name)) ?? true);
}

/** One row per transport; with history, where the workload is about that. */
function chatRows(workload) {
  const inIt = workload.peers.filter((peer) => (peers[peer].variantOf ?? peer) in ours);
  const variants = inIt.filter((peer) => peers[peer].variantOf !== undefined);
  return (variants.length > 0 ? variants : inIt).map((peer) => ({
    name: `${workload.name}/${ours[peers[peer].variantOf ?? peer]}`,
    measure: "cpu",
    unit: "µs per frame",
    peer,
    workload,
    ...builds,
    targets: { cpu: CPU },
  }));
}

/** A handler that returns what `broadcast` returned, beside one that returns nothing, on the new build. */
function drawRows() {
  return Object.entries(ours).map(([peer, transport]) => ({
    name: `draw/${transport}`,
    measure: "cpu",
    unit: "µs per frame",
    peer,
    workload: workloads.find(({ name }) => name === "burst-10"),
    dialect: "draw",
    before: { build: "new", hub: { draw: "ignored" } },
    after: { build: "new", hub: { draw: "returned" } },
    targets: { cpu: RETURNED_STAMP },
  }));
}

function idleRows() {
  return Object.entries(ours).map(([peer, transport]) => ({
    name: `idle/${transport}`,
    measure: "idle",
    unit: "KB per connection",
    peer,
    workload: workloads.find(({ name }) => name === "idle"),
    ...builds,
    targets: { heap: IDLE_HEAP, resident: undefined },
  }));
}

function roomRow(name, rooms, target) {
  return {
    name,
    measure: "rooms",
    unit: "bytes per room",
    rooms,
    ...builds,
    targets: { heap: target },
  };
}
