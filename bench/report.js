import { OURS, peers, US } from "./peers.js";
import { GROWTH } from "./workloads.js";

/**
 * The results as Markdown, which reads well enough in a terminal too.
 *
 * @param {import("./results.js").Results} results
 * @param {import("./workloads.js").Workload[]} workloads Those that were run.
 */
export function report(results, workloads) {
  const parts = [];
  for (const workload of workloads) {
    if (workload.measure === "chat") parts.push(chatReport(results, workload));
    if (workload.measure === "memory") parts.push(memoryReport(results, workload));
    if (workload.measure === "storm") parts.push(stormReport(results, workload));
    if (workload.measure === "recovery") parts.push(recoveryReport(results, workload));
  }
  const sizes = workloads.filter(({ measure }) => measure === "size");
  if (sizes.length > 0) parts.push(sizeReport(results, sizes));
  return parts.join("\n\n");
}

function chatReport(results, workload) {
  const rows = workload.peers.map((peer) => {
    const median = (figure) => results.median(workload, peer, figure);
    return [
      peers[peer].title,
      digits(median("cpu"), 2),
      ...ratios(results, workload, peer),
      thousands(median("perSecond")),
      digits(median("p50"), 1),
      digits(median("p99"), 1),
      digits(median("atOnce"), 1),
      percent(median("load")),
    ];
  });
  const header = [
    "server",
    "µs per frame",
    ...ratioTitles(workload),
    "frames/s",
    "ack p50 ms",
    "ack p99 ms",
    "at once",
    "load CPU",
  ];
  return section(workload.title, table(header, rows), ratioTargets(results, workload));
}

function stormReport(results, workload) {
  const rows = workload.peers.map((peer) => {
    const median = (figure) => results.median(workload, peer, figure);
    return [
      peers[peer].title,
      digits(median("cpu"), 0),
      ...ratios(results, workload, peer),
      digits(median("told"), 1),
      digits(median("back"), 2),
      percent(median("load")),
    ];
  });
  const header = [
    "server",
    "µs per connection",
    ...ratioTitles(workload),
    "frames per connection",
    "s until all are back",
    "load CPU",
  ];
  return section(workload.title, table(header, rows), ratioTargets(results, workload));
}

function recoveryReport(results, workload) {
  const rows = workload.peers.map((peer) => {
    const median = (figure) => results.median(workload, peer, figure);
    return [
      peers[peer].title,
      digits(median("cpu"), 2),
      digits(median("there"), 2),
      digits(median("ratio"), 2),
      digits(median("join"), 0),
      percent(median("load")),
    ];
  });
  const header = [
    "server",
    "µs per recovered message",
    "µs per live frame",
    "ratio",
    "µs per join",
    "load CPU",
  ];
  const targets = workload.targets.map(({ of, atMost }) => {
    const ratio = results.median(workload, of, "ratio");
    return target(of, `at most ${digits(atMost, 2)} × a live delivery`, ratio, atMost);
  });
  return section(workload.title, table(header, rows), targets);
}

/**
 * Those of ours that were measured get a column each: their CPU, divided by everyone's. Where variants
 * are, each is divided by what it is a variant of.
 */
function ratioTitles(workload) {
  if (hasVariants(workload)) return ["÷ the same without"];
  return oursIn(workload).map((our) => `${peers[our].title} ÷ it`);
}

function ratios(results, workload, peer) {
  if (hasVariants(workload)) {
    const { variantOf } = peers[peer];
    const isCompared = workload.peers.includes(variantOf);
    return [isCompared ? digits(results.ratio(workload, peer, variantOf, "cpu"), 2) : ""];
  }
  return oursIn(workload).map((our) =>
    our === peer ? "" : digits(results.ratio(workload, our, peer, "cpu"), 2),
  );
}

function ratioTargets(results, workload) {
  return workload.targets.map(({ of, than, atMost }) => {
    const ratio = results.ratio(workload, of, than, "cpu");
    return target(of, `at most ${digits(atMost, 2)} × ${peers[than].title}`, ratio, atMost);
  });
}

function hasVariants(workload) {
  return workload.peers.some((peer) => peers[peer].variantOf !== undefined);
}

function oursIn(workload) {
  return OURS.filter((peer) => workload.peers.includes(peer));
}

function memoryReport(results, workload) {
  const rows = workload.peers.map((peer) => {
    const { title, floor } = peers[peer];
    const isCompared = workload.peers.includes(floor);
    return [
      title,
      digits(results.median(workload, peer, "resident"), 2),
      isCompared ? digits(results.difference(workload, peer, floor, "resident"), 2) : "",
      digits(results.median(workload, peer, "live"), 2),
    ];
  });
  const header = ["server", "resident KB per connection", "above the bare server", "live KB"];
  const targets = workload.targets.map(({ of, than, atMost }) => {
    const above = results.difference(workload, of, than, "resident");
    return target(of, `at most ${digits(atMost, 2)} KB above ${peers[than].title}`, above, atMost);
  });
  return section(workload.title, table(header, rows), targets);
}

function sizeReport(results, sizes) {
  const servers = sizes[0].peers;
  const rows = sizes.map((workload) => [
    workload.clients.toLocaleString("en"),
    ...servers.map((peer) => digits(results.median(workload, peer, "cpu"), 2)),
    digits(results.ratio(workload, US, "ws-loop", "cpu"), 2),
    ...servers.map((peer) => digits(results.median(workload, peer, "filled"), 1)),
  ]);
  const header = [
    "members",
    ...servers.map((peer) => `${peers[peer].title}, µs per frame`),
    "ratio",
    ...servers.map((peer) => `${peers[peer].title}, s to fill`),
  ];
  const targets = [];
  let cheapest = Number.POSITIVE_INFINITY;
  for (const workload of sizes) {
    const cost = results.median(workload, US, "cpu");
    if (cheapest !== Number.POSITIVE_INFINITY) {
      const promise = `${workload.clients.toLocaleString("en")} members: at most ${GROWTH} × the cheapest smaller room`;
      targets.push(target(US, promise, cost / cheapest, GROWTH));
    }
    cheapest = Math.min(cheapest, cost);
  }
  return section("One room, one message at a time", table(header, rows), targets);
}

function section(title, body, targets) {
  const list = targets.length === 0 ? "" : `\n\nTargets:\n\n${targets.join("\n")}`;
  return `### ${title}\n\n${body}${list}`;
}

function target(peer, promise, value, atMost) {
  const verdict = Number.isNaN(value) ? "not measured" : value <= atMost ? "met" : "**missed**";
  return `- ${peers[peer].title}, ${promise}: ${digits(value, 2)}, ${verdict}`;
}

/** A Markdown table: the first column to the left, the others to the right. */
export function table(header, rows) {
  const widths = header.map((title, column) =>
    Math.max(title.length, 3, ...rows.map((row) => row[column].length)),
  );
  const line = (cells) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}

function digits(value, count) {
  return Number.isNaN(value) ? "failed" : value.toFixed(count);
}

function percent(value) {
  return Number.isNaN(value) ? "failed" : `${Math.round(value * 100)} %`;
}

function thousands(value) {
  return Number.isNaN(value) ? "failed" : Math.round(value).toLocaleString("en");
}
