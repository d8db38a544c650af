import { setTimeout as sleep } from "node:timers/promises";
import { askChild } from "../../bench/ask.js";
import { kinds } from "./flood/kinds.js";
import { Probe } from "./probe.js";
import { atMost, none, thousands } from "./report.js";
import { ADAPTERS, start, withServer } from "./start.js";

const SECONDS = 10;
const QUIET_SECONDS = 3;
/** Of a short run. */
const FEW_SECONDS = 3;
/** Answers may take so much longer than beside a process that burns as much CPU. */
const SLOWER = { p50: 3, p99: 10 };
/** Seconds until a flooder is cut, and until the last of its bytes is read. */
const CUT = 2;
/** Milliseconds that one that is closed may stay. */
const GONE = 6_000;

/** One who floods and comes back at once whenever it is cut, and others who want answers meanwhile. */
export async function flood({ scale, adapters }) {
  const seconds = scale < 0.2 ? FEW_SECONDS : SECONDS;
  const findings = {
    title: "A client that floods, and comes back whenever it is cut",
    facts: [
      "three processes: the server with default options, the flooder, and two others who send a `ping` every 12 ms",
      `${seconds} s of each kind, all of which counts; quiet: beside a process that burns as much CPU as the flooder`,
    ],
    header: [
      "server",
      "flood",
      "server CPU",
      "flooder's CPU",
      "connections",
      "cut after at most, s",
      "read for at most, s",
      "others' p50 ms, quiet → flood",
      "p99 ms",
      "worst ms",
    ],
    rows: [],
    bounds: [],
  };
  for (const adapter of adapters) {
    const results = [];
    for (const [kind, { hasNoHandlerOn }] of Object.entries(kinds)) {
      const result = { kind, ...(await run(adapter, kind, seconds)) };
      findings.rows.push(row(ADAPTERS[adapter], result));
      if (hasNoHandlerOn === adapter) findings.facts.push(exempt(ADAPTERS[adapter], kind));
      else results.push(result);
    }
    findings.bounds.push(...boundsOf(ADAPTERS[adapter], results));
  }
  return findings;
}

function row(title, { kind, quiet, loud, flooder, cpu }) {
  const both = (figure) => `${quiet[figure].toFixed(2)} → ${loud[figure].toFixed(2)}`;
  return [
    title,
    kind,
    percent(cpu),
    percent(flooder.share),
    thousands(flooder.connections),
    flooder.cut.toFixed(1),
    flooder.read.toFixed(1),
    ...["p50", "p99", "worst"].map(both),
  ];
}

/** The bounds, each with the kind of flood that comes closest to it. */
function boundsOf(title, results) {
  const worst = (promise, figure, limit, unit) => {
    const most = results.reduce((a, b) => (figure(b) > figure(a) ? b : a));
    return atMost(`${title}, ${promise} (${most.kind})`, figure(most), limit, unit);
  };
  return [
    ...Object.entries(SLOWER).map(([figure, limit]) => {
      const ratio = ({ loud, quiet }) => loud[figure] / quiet[figure];
      return worst(`${figure} of others, by quiet ${figure}`, ratio, limit);
    }),
    worst("cut after", ({ flooder }) => flooder.cut, CUT, "s"),
    worst("read for", ({ flooder }) => flooder.read, CUT, "s"),
    none(`${title}, others closed, refused or without an answer`, results.flatMap(faultsOf)),
  ];
}

function exempt(title, kind) {
  return `${title}, ${kind}: they reach no handler there, so no bound applies`;
}

function run(adapter, kind, seconds) {
  return withServer(adapter, {}, async (server) => {
    const flooder = start("./flood/flooder.js");
    const probe = await Probe.open(server.port);
    try {
      // Once before anything counts: code is compiled.
      await probe.measure(1);
      const before = await server.ask("cpu");
      const flooding = askChild(flooder, "flood", { port: server.port, kind, seconds });
      const loud = await probe.measure(seconds);
      const report = await flooding;
      const cpu = ((await server.ask("cpu")) - before) / 1e6 / seconds;
      const { share } = report;
      await untilGone(server);
      const burning = askChild(flooder, "burn", { share, seconds: QUIET_SECONDS });
      const quiet = await probe.measure(QUIET_SECONDS);
      await burning;
      return { quiet, loud, flooder: report, cpu };
    } finally {
      flooder.kill("SIGKILL");
      await probe.close();
    }
  });
}

/** Waits until the flooder is gone from the server, or for as long as one that is closed may stay. */
async function untilGone(server) {
  const deadline = performance.now() + GONE;
  while ((await server.ask("stats")).clients > Probe.CLIENTS) {
    if (performance.now() > deadline) return;
    await sleep(100);
  }
}

function faultsOf({ kind, loud }) {
  return Object.entries(loud.faults)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${kind}: ${count} ${what}`);
}

function percent(share) {
  return `${Math.round(share * 100)} %`;
}
