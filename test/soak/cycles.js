import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "../../bench/load/random.js";
import { frame, Opcode } from "./frame.js";
import { atMost, megabytes, none, thousands } from "./report.js";
import { ADAPTERS, withServer } from "./start.js";
import { upgradeRequest, Wire } from "./wire.js";

const TOTAL = 200_000;
/** Before anything is compared: code is compiled, tables have grown. */
const WARM_UP = 10_000;
const AT_ONCE = 40;
/** Local addresses, 127.0.0.2 and up: one alone would run out of ports. */
const ADDRESSES = 100;
const USERS = 500;
const ROOMS = 50;

/** Everything expires soon. */
const TTL = 1_000;
const options = { history: { messages: 20, ttl: TTL }, presence: { grace: 300 } };
/** Milliseconds until nothing of a connection may be left; a sign of typing lasts five seconds. */
const EXPIRY = 20_000;

/** What the heap may have grown by, in bytes: about ten for each cycle. */
const MARGIN = 2 * 2 ** 20;

/** How a client dies. Each gets the wire, if it is one already, and ends it. */
const deaths = {
  "clean close": (wire) => wire.close(),
  "TCP reset": (wire) => wire.cut(),
  "half a frame, then gone": (wire) => {
    const whole = frame(Opcode.text, '{"type":"ping"}');
    return end(wire.socket, whole.subarray(0, whole.length >> 1));
  },
  "half a frame, then reset": async (wire) => {
    wire.write(frame(Opcode.text, '{"type":"ping"}').subarray(0, 9));
    return wire.cut();
  },
};
/** How it dies before it was let in anywhere. */
const earlyDeaths = {
  "right after the upgrade": async (to) => (await Wire.open(to)).cut(),
  "closed right after the upgrade": async (to) => (await Wire.open(to)).close(),
  "during the upgrade": (to) => dieEarly(to, upgradeRequest(to.name)),
  "in the middle of the request": (to) => dieEarly(to, upgradeRequest(to.name).slice(0, 60)),
};

/** Connects, joins, sends and dies 200,000 times, against each server. */
export async function cycles({ scale, seed, adapters }) {
  const findings = {
    title: "Connections that come and die",
    facts: [],
    header: [
      "server",
      "cycles",
      "per second",
      "heap MB",
      "resident MB",
      "open files",
      "handles",
      "hub",
    ],
    rows: [],
    bounds: [],
  };
  for (const adapter of adapters) {
    const title = ADAPTERS[adapter];
    const total = Math.round(TOTAL * scale);
    const { before, after, perSecond, faults } = await run(adapter, total, seed);
    for (const fault of faults.slice(0, 20)) console.error(fault);
    const both = (show) => `${show(before)} → ${show(after)}`;
    findings.rows.push([
      title,
      thousands(total),
      thousands(perSecond),
      both(({ heap }) => megabytes(heap)),
      both(({ rss }) => megabytes(rss)),
      both(({ files }) => `${files}`),
      both((each) => `${handlesIn(each)}`),
      `${after.stats.clients} clients, ${after.stats.rooms} rooms`,
    ]);
    findings.bounds.push(
      atMost(`${title}, heap`, after.heap / 2 ** 20, (before.heap + MARGIN) / 2 ** 20, "MB"),
      none(`${title}, what is left over`, leftovers(before, after)),
      none(`${title}, clients that the server let down`, faults),
    );
  }
  return findings;
}

function run(adapter, total, seed) {
  return withServer(adapter, options, async (server) => {
    const random = seeded(seed);
    const faults = [];
    await spend(server.port, Math.min(WARM_UP, total), random, faults);
    const before = await settled(server);
    const start = performance.now();
    await spend(server.port, total, random, faults);
    const perSecond = (total / (performance.now() - start)) * 1000;
    return { before, after: await settled(server), perSecond, faults };
  });
}

async function spend(port, count, random, faults) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await cycle(port, random).catch(({ message }) => faults.push(message));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function cycle(port, random) {
  // Half of them are people who come again and again, the others are never seen again.
  const isKnown = random(2) === 0;
  const name = isKnown ? `user-${random(USERS)}` : `stranger-${random(2 ** 31)}`;
  const room = isKnown ? `room-${random(ROOMS)}` : `room-of-${name}`;
  const to = { port, name, localAddress: `127.0.0.${2 + random(ADDRESSES)}` };
  if (random(3) === 0) {
    await pick(random, earlyDeaths)(to);
    return;
  }
  const wire = await Wire.open(to);
  wire.onText = (text) => {
    const envelope = JSON.parse(text);
    if (envelope.id !== undefined) wire.settle(envelope);
  };
  await answered(wire, wire.join(room), "room_info");
  if (random(2) === 0) wire.send({ type: "typing", room });
  await answered(wire, wire.ask({ type: "send_message", room, payload: { of: name } }), "ack");
  await pick(random, deaths)(wire);
}

async function answered(wire, answer, type) {
  const envelope = await Promise.race([answer, wire.closed]);
  if (envelope?.type === type) return;
  await wire.cut();
  throw new Error(`Instead of ${type} came: ${JSON.stringify(envelope)}`);
}

/** Resolves once the line is down. */
function dieEarly({ port, localAddress }, request) {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  socket.once("connect", () => {
    socket.write(request, () => socket.resetAndDestroy());
  });
  return closed;
}

/** Writes a last piece, ends in peace, and waits for the server to do so too. */
function end(socket, bytes) {
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end(bytes);
  return closed;
}

/** What is in use once everybody is gone and everything has expired. */
async function settled(server) {
  const deadline = performance.now() + EXPIRY;
  // What a room remembers goes by the clock alone.
  await sleep(2 * TTL);
  for (;;) {
    const resources = await server.ask("resources");
    const { clients, users, rooms } = resources.stats;
    const isEmpty = clients + users + rooms === 0 && !("Timeout" in resources.handles);
    if (isEmpty || performance.now() > deadline) return resources;
    await sleep(500);
  }
}

function leftovers(before, after) {
  const { clients, users, rooms, lagging = 0 } = after.stats;
  const left = { clients, users, rooms, lagging, files: after.files - before.files };
  for (const [kind, count] of Object.entries(after.handles)) {
    left[kind] = count - (before.handles[kind] ?? 0);
  }
  return Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`);
}

function handlesIn({ handles }) {
  return Object.values(handles).reduce((sum, count) => sum + count, 0);
}

function pick(random, choices) {
  const all = Object.values(choices);
  return all[random(all.length)];
}
