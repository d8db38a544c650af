import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";
import { none } from "./report.js";
import { ADAPTERS, withServer } from "./start.js";

const CLIENTS = 50;
/** How long (s) the server's process is stopped. */
const STOPS = [60, 120];
const heartbeat = { interval: 2_000, timeout: 2_000 };
/** How long (ms) a verdict takes at most: a look that comes late asks once more, and looks are apart. */
const VERDICT = heartbeat.interval + 3 * heartbeat.timeout;

/** A server whose process is stopped and goes on: those who answer stay, one that vanishes meanwhile is found. */
export async function standstill({ scale, adapters }) {
  const findings = {
    title: "A server that stands still for minutes",
    facts: [`${CLIENTS} clients, heartbeat ${heartbeat.interval} and ${heartbeat.timeout} ms`],
    header: ["server", "stopped, s", "clients before", "after", "s until the vanished one is gone"],
    rows: [],
    bounds: [],
  };
  for (const adapter of adapters) {
    const title = ADAPTERS[adapter];
    const [cut, missed] = [[], []];
    for (const stop of STOPS) {
      const seconds = Math.max(1, stop * scale);
      const seen = await withServer(adapter, { heartbeat }, (server) => stopped(server, seconds));
      const { after, found } = seen;
      findings.rows.push([title, `${seconds}`, `${CLIENTS}`, `${after}`, found?.toFixed(1) ?? "–"]);
      cut.push(...seen.closed.map((code) => `${code} after ${seconds} s`));
      if (found === undefined) missed.push(`after ${seconds} s`);
    }
    findings.bounds.push(
      none(`${title}, clients that answer, cut`, cut),
      none(`${title}, one that vanished, not found`, missed),
    );
  }
  return findings;
}

async function stopped(server, seconds) {
  const url = `ws://127.0.0.1:${server.port}/ws?token=`;
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, (_, index) => opened(`${url}user-${index}`)),
  );
  const closed = [];
  for (const client of clients) client.on("close", (code) => closed.push(code));
  try {
    await sleep(heartbeat.interval);
    server.signal("SIGSTOP");
    await sleep(seconds * 1_000);
    server.signal("SIGCONT");
    await sleep(VERDICT);
    const after = await clientsOf(server);
    const before = [...closed];
    clients[0].pause();
    const start = performance.now();
    let found;
    while (found === undefined && performance.now() - start < 2 * VERDICT) {
      await sleep(100);
      if ((await clientsOf(server)) < after) found = (performance.now() - start) / 1_000;
    }
    return { after, closed: before, found };
  } finally {
    for (const client of clients) client.terminate();
  }
}

async function clientsOf(server) {
  return (await server.ask("stats")).clients;
}

function opened(url) {
  const client = new WebSocket(url);
  return new Promise((resolve, reject) => {
    client.once("open", () => resolve(client));
    client.once("error", reject);
  });
}
