/**
 * `npm run bench`: runs every workload against every server, in rounds, and prints the medians.
 *
 *   --rounds N      how often everything is run (default 3)
 *   --only A,B      these workloads only, by name
 *   --peers A,B     these servers only; roomcast on ws always takes part
 *   --quick         one short round of the main workloads, about a minute: for a first look
 *   --profile DIR   writes the CPU profile of each server there; profiling costs CPU, too
 *   --write         puts the results into docs/benchmarks.md
 *
 * `npm run bench -- --against COMMIT` compares this build with that of a commit instead, turn about:
 *
 *   --pairs N       how often both are measured (default 25)
 *   --only A,B      these rows only: `burst-10` on both transports, `burst-10/ws` on one
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compare } from "./against.js";
import { runCell } from "./cell.js";
import { checkOpenFiles, loadAverage, machineFacts } from "./machine.js";
import { peers, US } from "./peers.js";
import { report } from "./report.js";
import { Results } from "./results.js";
import { workloads } from "./workloads.js";

const DOCUMENT = new URL("../docs/benchmarks.md", import.meta.url);
const BEGIN = "<!-- results: written by npm run bench -- --write -->";
const END = "<!-- end of results -->";
const QUICK = ["single", "burst-10", "burst-100", "idle-50"];
const SECONDS = 2;

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string" },
    only: { type: "string" },
    peers: { type: "string" },
    quick: { type: "boolean", default: false },
    profile: { type: "string" },
    write: { type: "boolean", default: false },
    against: { type: "string" },
    pairs: { type: "string" },
  },
});
if (flags.against !== undefined) process.exit(await compare(flags));

const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 3));
const seconds = flags.quick ? SECONDS / 2 : SECONDS;
const chosen = chooseWorkloads();
checkOpenFiles();
if (flags.profile !== undefined) mkdirSync(flags.profile, { recursive: true });

const results = new Results();
const loadBefore = loadAverage();
const failures = await runRounds();
const text = [facts(), report(results, chosen)].join("\n\n");
console.log(`\n${text}`);
if (flags.write) writeDocument(text);
for (const failure of failures) console.error(failure);
process.exit(failures.length > 0 ? 1 : 0);

function chooseWorkloads() {
  const names = flags.only?.split(",") ?? (flags.quick ? QUICK : workloads.map(({ name }) => name));
  const servers = flags.peers?.split(",");
  for (const name of names) {
    if (!workloads.some((workload) => workload.name === name)) {
      throw new Error(`No workload "${name}": ${workloads.map((each) => each.name).join(", ")}`);
    }
  }
  for (const name of servers ?? []) {
    if (!(name in peers)) throw new Error(`No peer "${name}": ${Object.keys(peers).join(", ")}`);
  }
  const takesPart = (peer) => peer === US || servers === undefined || servers.includes(peer);
  return workloads
    .filter(({ name }) => names.includes(name))
    .map((workload) => ({
      ...workload,
      peers: workload.peers.filter(takesPart),
      targets: workload.targets.filter(({ of, than = of }) => takesPart(of) && takesPart(than)),
    }));
}

/** Every server in every round, each time in another order: what disturbs, disturbs all alike. */
async function runRounds() {
  const failures = [];
  for (let round = 0; round < rounds; round++) {
    for (const workload of chosen) {
      for (let turn = 0; turn < workload.peers.length; turn++) {
        const peer = workload.peers[(round + turn) % workload.peers.length];
        const name = `round ${round + 1}, ${workload.name}, ${peer}`;
        try {
          const figures = await runCell(workload, peer, { seconds, profile: profileOf(name) });
          results.add(workload, peer, figures);
          console.log(`${name}: ${brief(workload, figures)}`);
        } catch (error) {
          results.add(workload, peer, undefined);
          failures.push(`FAILED ${name}: ${error.message}`);
          console.error(failures.at(-1));
        }
      }
    }
  }
  return failures;
}

function profileOf(name) {
  if (flags.profile === undefined) return undefined;
  return join(flags.profile, `${name.replaceAll(", ", "-").replaceAll(" ", "")}.cpuprofile`);
}

function brief({ measure }, { cpu, resident, there }) {
  if (measure === "memory") return `${resident.toFixed(2)} KB`;
  if (measure === "storm") return `${cpu.toFixed(0)} µs per connection`;
  if (measure === "recovery") {
    return `${cpu.toFixed(2)} µs per recovered message, ${there.toFixed(2)} µs per live frame`;
  }
  return `${cpu.toFixed(2)} µs per frame`;
}

function facts() {
  const when = new Date().toISOString().slice(0, 10);
  const how = `${when}, median of ${rounds} rounds of ${seconds} s each, load average ${loadBefore} before and ${loadAverage()} after`;
  return [...machineFacts(), how].map((fact) => `- ${fact}`).join("\n");
}

function writeDocument(results) {
  const page = readFileSync(DOCUMENT, "utf8");
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error("docs/benchmarks.md has no place for results.");
  writeFileSync(DOCUMENT, `${page.slice(0, start)}${BEGIN}\n\n${results}\n\n${page.slice(end)}`);
}
