import { setTimeout as sleep } from "node:timers/promises";
import { askChild } from "../../bench/ask.js";
import { Results } from "../../bench/results.js";
import { atMost, megabytes, none } from "./report.js";
import { ADAPTERS, start, withServer } from "./start.js";

const READERS = 1_000;
const ROOMS = 20;
/** One message every two milliseconds, to fifty members. */
const EVERY_MS = 2;
const ROUNDS = 6;
const SECONDS = 10;
/** Of a short run. */
const FEW_SECONDS = 2;

const MAX_BUFFERED = 2 ** 20;
/** The slow client may cost the others so much of their 99th percentile. */
const SLOWER = 1.2;
/** What the process may grow by beside what waits, as collections go. */
const MARGIN = 16 * 2 ** 20;

const SLOW = "slow";
/** Seconds after its time that the slow client's connection may take until it is gone. */
const FAREWELL = 40;

/** One who never reads, among a thousand who do. */
export async function slow({ scale, adapters }) {
  const findings = {
    title: "A client that never reads, among 1,000 that do",
    facts: [],
    header: [
      "server",
      "server CPU",
      "load CPU",
      "p50 ms, without it → with it",
      "p99 ms, without it → with it",
      "ratio of p99",
      "waits for it, MB",
      "resident MB, without it → with it",
    ],
    rows: [],
    bounds: [],
  };
  const rounds = Math.max(1, Math.round(ROUNDS * scale));
  const seconds = scale < 0.2 ? FEW_SECONDS : SECONDS;
  findings.facts.push(
    `${rounds} rounds of ${seconds} s each way, turn and turn about; percentiles of each second, medians of all`,
  );
  for (const adapter of adapters) {
    const { results, peak, fate, faults } = await run(adapter, rounds, seconds);
    const title = ADAPTERS[adapter];
    const each = (figure) =>
      [false, true].map((isThere) => results.median(at(isThere), adapter, figure));
    const both = (figure, show) => each(figure).map(show).join(" → ");
    const percent = (share) => `${Math.round(share * 100)} %`;
    const ratio =
      results.median(at(true), adapter, "p99") / results.median(at(false), adapter, "p99");
    const [without, withIt] = each("rss");
    findings.rows.push([
      title,
      both("cpu", percent),
      both("load", percent),
      both("p50", (ms) => ms.toFixed(2)),
      both("p99", (ms) => ms.toFixed(2)),
      ratio.toFixed(2),
      megabytes(peak),
      both("rss", megabytes),
    ]);
    findings.bounds.push(
      atMost(`${title}, p99 with it, by p99 without it`, ratio, SLOWER),
      atMost(`${title}, what waits for it`, peak / 2 ** 20, (2 * MAX_BUFFERED) / 2 ** 20, "MB"),
      atMost(
        `${title}, the process`,
        (withIt - without) / 2 ** 20,
        (2 * MAX_BUFFERED + MARGIN) / 2 ** 20,
        "MB more",
      ),
      none(`${title}, what others lost, and what stays of it`, faults),
    );
    findings.facts.push(`${title}, the slow client: ${fate}`);
  }
  return findings;
}

/** What {@link Results} files the figures under. */
const at = (isThere) => ({ name: isThere ? "with" : "without" });

async function run(adapter, rounds, seconds) {
  // It has to stand through a round, and not for much longer.
  const lagTimeout = (seconds + 5) * 1_000;
  const options = { history: { messages: 100 }, maxBufferedBytes: MAX_BUFFERED, rateLimit: false };
  return await withServer(adapter, { ...options, lagTimeout }, async (server) => {
    const load = start("./slow/load.js");
    const results = new Results();
    const faults = [];
    let peak = 0;
    let story;
    try {
      await askChild(load, "open", { port: server.port, count: READERS, rooms: ROOMS });
      const { files } = await server.ask("resources");
      // Once both ways before anything counts: code is compiled, memory has been asked for.
      for (let round = -1; round < rounds; round++) {
        for (const isThere of round % 2 === 0 ? [false, true] : [true, false]) {
          if (isThere) {
            await server.ask("startWatch", SLOW);
            await askChild(load, "openSlow", SLOW);
          }
          const time = round < 0 ? FEW_SECONDS : seconds;
          const { sent, received, perSecond, ...figures } = await measure(server, load, time);
          const due = sent * (READERS / ROOMS - 1);
          if (received !== due) faults.push(`${received} of ${due} messages came`);
          if (isThere) {
            story = await server.ask("stopWatch");
            peak = Math.max(peak, story.peak);
            await askChild(load, "cutSlow");
            await untilGone(server, files, FAREWELL);
          }
          if (round < 0) continue;
          results.add(at(isThere), adapter, figures);
          for (const ages of perSecond) results.add(at(isThere), adapter, ages);
        }
      }
      await server.ask("startWatch", SLOW);
      await askChild(load, "openSlow", SLOW);
      await askChild(load, "fill");
      const isGone = await untilGone(server, files, lagTimeout / 1000 + FAREWELL);
      if (!isGone) faults.push("the slow one's connection stays");
      const fate = fateOf(story, await server.ask("stopWatch"));
      return { results, peak, fate, faults };
    } finally {
      load.kill("SIGKILL");
    }
  });
}

async function measure(server, load, seconds) {
  await askChild(load, "fill");
  await server.ask("resources");
  const before = await server.ask("cpu");
  const figures = await askChild(load, "measure", { seconds, everyMs: EVERY_MS });
  const cpu = ((await server.ask("cpu")) - before) / 1e6 / figures.took;
  const { rss } = await server.ask("resources");
  return { ...figures, cpu, rss };
}

/** Waits until hub and process are rid of the slow client, with so many files open; says whether they are. */
async function untilGone(server, files, seconds) {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const { stats, files: now } = await server.ask("resources");
    if (stats.clients <= READERS && now <= files) return true;
    if (performance.now() >= deadline) return false;
    // When its time is over, it is by the server's clock.
    await sleep(1_000);
  }
}

function fateOf({ dropped, lagsAfter, end }, last) {
  const parts = [];
  if (lagsAfter !== undefined) parts.push(`counts as lagging after ${lagsAfter.toFixed(1)} s`);
  if (dropped > 0) parts.push(`is not sent ${dropped} messages`);
  if (end !== undefined) parts.push(`is closed with ${end.code} in its round`);
  if (last.end === undefined) parts.push("is kept");
  else {
    const { code, reason, after } = last.end;
    parts.push(`left to itself is gone after ${after.toFixed(1)} s (${code}: ${reason})`);
  }
  return parts.join(", ");
}
