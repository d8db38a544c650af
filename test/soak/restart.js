import { setTimeout as sleep } from "node:timers/promises";
import { none, thousands } from "./report.js";
import { Crowd } from "./restart/crowd.js";
import { Relay } from "./restart/relay.js";
import { ADAPTERS, Server } from "./start.js";

/** How often the server is restarted in which way. Cuts come first, on a server that stays. */
const TIMES = { cut: 10, drain: 10, kill: 5 };
/** Milliseconds of talk before each. */
const BETWEEN = 2_000;
/** Everybody is sent elsewhere within so many milliseconds. */
const SPREAD = 2_000;
const TIMEOUT = 5_000;

/** What a room remembers is more than is said while somebody is away. */
const options = { history: { messages: 500, ttl: 60_000 } };

/** A rolling restart under load, again and again; and lines that break. */
export async function restart({ scale, seed, adapters }) {
  const findings = {
    title: "Restarts and broken lines under load",
    facts: [],
    header: [
      "server",
      "what",
      "times",
      "s until all are back",
      "gaps told",
      "messages acknowledged",
      "not acknowledged",
      "deliveries",
    ],
    rows: [],
    bounds: [],
  };
  for (const adapter of adapters) {
    const title = ADAPTERS[adapter];
    const { phases, violations, failed } = await run(adapter, scale, seed);
    for (const { what, times, seconds, gaps, acked, unacked, seen } of phases) {
      const back = seconds.map((each) => each.toFixed(1)).join(", ");
      findings.rows.push([
        title,
        what,
        `${times}`,
        back,
        ...[gaps, acked, unacked, seen].map(thousands),
      ]);
    }
    for (const violation of violations.slice(0, 20)) console.error(violation);
    const [cuts] = phases;
    findings.bounds.push(
      none(`${title}, messages twice, out of order, or missing and not told`, violations),
      none(`${title}, gaps where the server stays`, Array(cuts.gaps).fill("a gap")),
    );
    const codes = [...failed].map(([code, count]) => `${thousands(count)} ${code}`);
    if (codes.length > 0) findings.facts.push(`${title}, sends that failed: ${codes.join(", ")}`);
  }
  return findings;
}

async function run(adapter, scale, seed) {
  const relay = new Relay();
  const crowd = new Crowd(seed);
  let server = await new Server(adapter, options).open();
  const act = {
    "lines cut": () => relay.cut(),
    "server drained": async () => {
      const old = server;
      server = await new Server(adapter, options).open();
      relay.target = server.port;
      await old.ask("close", { timeout: TIMEOUT, spread: SPREAD });
      await old.stop();
    },
    "server killed": async () => {
      await server.stop();
      server = await new Server(adapter, options).open();
      relay.target = server.port;
    },
  };
  try {
    relay.target = server.port;
    await crowd.open(await relay.open());
    const phases = [];
    const [cut, drain, kill] = Object.values(TIMES).map((times) => Math.ceil(times * scale));
    for (const [what, times] of [
      ["lines cut", cut],
      ["server drained", drain],
      ["server killed", kill],
    ]) {
      const before = countsOf(crowd);
      const all = [];
      for (let time = 0; time < times; time++) {
        await Promise.race([sleep(BETWEEN), server.crashed]);
        const start = performance.now();
        await crowd.survive(act[what]);
        all.push((performance.now() - start) / 1000);
      }
      // What was sent before the last one is told by then.
      await sleep(BETWEEN);
      phases.push({ what, times, seconds: extremes(all), ...difference(before, countsOf(crowd)) });
    }
    await crowd.finish();
    const { violations, failed } = crowd;
    return { phases, violations, failed };
  } finally {
    relay.close();
    await server.stop();
  }
}

function countsOf(crowd) {
  const unacked = [...crowd.failed.values()].reduce((sum, count) => sum + count, 0);
  return { gaps: crowd.gaps, acked: crowd.acked.length, unacked, seen: crowd.seen };
}

function difference(before, after) {
  return Object.fromEntries(
    Object.entries(after).map(([key, value]) => [key, value - before[key]]),
  );
}

/** The shortest and the longest. */
function extremes(values) {
  const sorted = values.sort((a, b) => a - b);
  return sorted.length === 1 ? sorted : [sorted[0], sorted.at(-1)];
}
