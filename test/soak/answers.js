import { setTimeout as sleep } from "node:timers/promises";
import { askChild } from "../../bench/ask.js";
import { frame, Opcode } from "./frame.js";
import { atMost, megabytes, none, thousands } from "./report.js";
import { ADAPTERS, start, withServer } from "./start.js";
import { Wire } from "./wire.js";

const MEMBERS = 5_000;
/** Of a short run. */
const FEW_MEMBERS = 1_000;
const ROOM = "hall";
/** Messages at once: as many as the default rate limit lets pass. */
const BURST = 199;
const MAX_BUFFERED = 2 ** 20;
const LAG_TIMEOUT = 2_000;
const heartbeat = { interval: 2_000, timeout: 3_000 };
/** Seconds that the end may come after `lagTimeout`: the hub looks with its heartbeat. */
const LATE = 2.5;
/** Milliseconds between two signs of life of one that reads nothing. */
const ALIVE_EVERY = 500;
const PATIENCE = 12_000;

const users = { type: "online_users", payload: { room_id: ROOM } };
const join = { type: "join_room", payload: { room_id: ROOM } };
const pong = frame(Opcode.text, '{"type":"pong"}');

/** What one that reads nothing sends at once. `asks` is the message whose answer is the largest of them. */
const bursts = {
  "199 online_users": { asks: users, bytes: repeated(users, BURST) },
  "199 join_room of the same room": { asks: join, bytes: repeated(join, BURST) },
  "199 pings": { asks: { type: "ping" }, bytes: repeated({ type: "ping" }, BURST) },
  "199 unknown types": { asks: { type: "?" }, bytes: repeated({ type: "?" }, BURST) },
  "100,000 WebSocket pings": {
    asks: { type: "ping" },
    bytes: Buffer.concat(Array(100_000).fill(frame(Opcode.ping, "x".repeat(125)))),
  },
  "10 MB of the application's own": { asks: { type: "ping" }, own: { count: 100, bytes: 100_000 } },
};

/** Answers that nobody reads: what waits at most, and when the connection ends. */
export async function answers({ scale, adapters }) {
  const count = scale < 0.2 ? FEW_MEMBERS : MEMBERS;
  const findings = {
    title: "Answers that nobody reads",
    facts: [
      `a room of ${thousands(count)}; each sender joins it, stops reading, sends its burst, then only signs of life`,
      `lagTimeout ${LAG_TIMEOUT} ms, heartbeat ${heartbeat.interval} and ${heartbeat.timeout} ms; what waits is looked at after each write`,
    ],
    header: [
      "server",
      "burst",
      "bytes in",
      "largest answer, kB",
      "waited at most, MB",
      "s until closed",
      "end",
    ],
    rows: [],
    bounds: [],
  };
  for (const adapter of adapters) {
    const title = ADAPTERS[adapter];
    const results = await run(adapter, count);
    for (const { kind, sent, largest, peak, after, end } of results) {
      findings.rows.push([
        title,
        kind,
        thousands(sent),
        (largest / 1000).toFixed(1),
        megabytes(peak),
        after?.toFixed(1) ?? "stays",
        end ?? "–",
      ]);
    }
    const caused = results.filter(({ sent }) => sent > 0);
    const over = Math.max(...caused.map(({ peak, largest }) => peak - largest));
    const stay = results.filter(({ peak, after }) => peak > MAX_BUFFERED && after === undefined);
    const ended = results.flatMap(({ peak, after }) =>
      peak > MAX_BUFFERED && after ? [after] : [],
    );
    findings.bounds.push(
      atMost(
        `${title}, waits beside the largest answer`,
        over / 2 ** 20,
        MAX_BUFFERED / 2 ** 20,
        "MB",
      ),
      none(
        `${title}, over the bound and not closed`,
        stay.map(({ kind }) => kind),
      ),
      atMost(
        `${title}, over the bound, closed after`,
        Math.max(0, ...ended),
        LAG_TIMEOUT / 1000 + LATE,
        "s",
      ),
    );
  }
  return findings;
}

function run(adapter, count) {
  const options = { maxBufferedBytes: MAX_BUFFERED, lagTimeout: LAG_TIMEOUT, heartbeat };
  return withServer(adapter, options, async (server) => {
    const crowd = start("./crowd.js");
    try {
      await server.ask("startPeaks", "unread");
      await askChild(crowd, "open", { port: server.port, room: ROOM, count, isAlive: true });
      const results = [];
      for (const [index, [kind, burst]] of Object.entries(bursts).entries()) {
        results.push({ kind, ...(await send(server, `unread-${index}`, burst)) });
      }
      return results;
    } finally {
      crowd.kill("SIGKILL");
    }
  });
}

/** One sender, from its first answer, which it reads, to its end. */
async function send(server, name, { asks, bytes, own }) {
  let largest = 0;
  const wire = await Wire.open({ port: server.port, name });
  wire.onText = (text) => {
    const envelope = JSON.parse(text);
    if (wire.settle(envelope)) largest = Math.max(largest, Buffer.byteLength(text));
  };
  await wire.join(ROOM);
  await wire.ask(asks);
  // The limit's tokens come back.
  await sleep(1_000);
  wire.socket.pause();
  const start = Date.now();
  if (own === undefined) wire.write(bytes);
  else await server.ask("burst", { id: name, ...own });
  const alive = setInterval(() => wire.write(pong), ALIVE_EVERY);
  let user;
  do {
    await sleep(100);
    user = (await server.ask("peaks"))[name];
    // What it is closed with is known when the connection is gone.
  } while (user.end === undefined && Date.now() - start < PATIENCE);
  clearInterval(alive);
  await wire.cut();
  const after = user.at === undefined ? undefined : (user.at - start) / 1000;
  return { sent: bytes?.length ?? 0, largest, peak: user.peak, after, end: user.end };
}

function repeated(message, count) {
  return Buffer.concat(Array(count).fill(frame(Opcode.text, JSON.stringify(message))));
}
