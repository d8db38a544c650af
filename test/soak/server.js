/**
 * A hub on ws or on uWS, in a process of its own, which a program starts, looks into and closes:
 *
 *   node server.js ws|uws '{"rateLimit":false}' '{"maxConnectionsPerIp":1}'
 *
 * Whatever it does not catch ends it, and that is a failure of the program.
 */
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Hub } from "roomcast";
import { answerParent } from "../../bench/ask.js";
import { listenOn } from "../../bench/servers/control.js";
import { Peaks } from "./answers/peaks.js";
import { Ends } from "./closing/ends.js";
import { Watch } from "./slow/watch.js";

/** Collections before memory is read: what one frees, the next can give back. */
const COLLECTIONS = 4;

const [adapter, options = "{}", upgrades = "{}"] = process.argv.slice(2);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const hub = new Hub({ ...JSON.parse(options), logger: silent });
const watch = new Watch(hub);
const ends = new Ends(hub);
const peaks = new Peaks(hub);
const upgradeOptions = { path: "/ws", authenticate, ...JSON.parse(upgrades) };

/** What the hub reported as its own failure. Lines that strangers break are none. @type {string[]} */
const failures = [];
hub.on("error", ({ error }) => {
  if (error.code !== "SOCKET_FAILED") failures.push(`${error.code}: ${error.cause ?? error}`);
});

const listen = adapter === "uws" ? await onUws() : await onWs();

answerParent({
  /** Starts to listen; resolves to the port. */
  open: () => listen(),
  /** What is in use once garbage has been collected. */
  async resources() {
    for (let pass = 0; pass < COLLECTIONS; pass++) {
      global.gc();
      await sleep(50);
    }
    const { rss, heapUsed } = process.memoryUsage();
    const handles = {};
    for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
    const files = readdirSync("/proc/self/fd").length;
    return { rss, heap: heapUsed, files, handles, stats: hub.stats() };
  },
  /** CPU time since the start of the process, user and system, in microseconds. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  stats: () => hub.stats(),
  failures: () => failures,
  startWatch: (userId) => watch.start(userId),
  stopWatch: () => watch.stop(),
  fill: (megabytes) => ends.fill(megabytes),
  end: (how) => ends.end(how),
  lags: () => ends.lags(),
  memory: () => ends.memory(),
  say: (room) => void hub.room(room).broadcast("news", "x"),
  startPeaks: (prefix) => peaks.start(prefix),
  peaks: () => peaks.users(),
  burst: (what) => peaks.burst(what),
  close: (how) => hub.close(how),
});

async function onWs() {
  const { serve } = await import("roomcast/ws");
  const server = createServer();
  serve(hub, server, upgradeOptions);
  return () => listenOn(server);
}

async function onUws() {
  const { default: uws } = await import("uWebSockets.js");
  const { attach } = await import("roomcast/uws");
  const { listenOnUws } = await import("../../bench/servers/uws-listen.js");
  const app = uws.App();
  attach(hub, app, upgradeOptions);
  return () => listenOnUws(app);
}

/**
 * Takes a turn, as one that asks a database would: a peer may be gone by then. On uWebSockets.js it
 * answers at once: before uNetworking/uWebSockets#1929 an upgrade that was waited for could be closed by
 * uWebSockets.js itself.
 */
function authenticate({ token }) {
  const user = { id: token, name: token };
  return adapter === "uws" ? user : nextTurn(user);
}
