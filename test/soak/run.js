/**
 * What the server promises for bad days, put to the test: `npm run soak` runs all of it, `npm run fuzz`
 * the first. Exits with 1 where a bound is missed.
 *
 *   node test/soak/run.js [fuzz] [cycles] [slow] [restart] [standstill] [flood] [closing] [answers] [strangers] [amplification]
 *
 *   --scale X     so much of everything: 0.01 for a first look (default 1)
 *   --seed N      repeats a run's random choices (default: drawn, and printed)
 *   --on ws,uws   these servers only
 *   --write       puts the results into docs/reliability.md
 */
import { parseArgs } from "node:util";
import { checkOpenFiles, loadAverage, machineFacts } from "../../bench/machine.js";
import { amplification } from "./amplification.js";
import { answers } from "./answers.js";
import { closing } from "./closing.js";
import { cycles } from "./cycles.js";
import { flood } from "./flood.js";
import { fuzz } from "./fuzz.js";
import { markdown, writeSections } from "./report.js";
import { restart } from "./restart.js";
import { slow } from "./slow.js";
import { standstill } from "./standstill.js";
import { ADAPTERS } from "./start.js";
import { strangers } from "./strangers.js";

/** Each with the minutes that it may take at full scale. */
const programs = {
  fuzz: { run: fuzz, minutes: 60 },
  cycles: { run: cycles, minutes: 15 },
  slow: { run: slow, minutes: 10 },
  restart: { run: restart, minutes: 10 },
  standstill: { run: standstill, minutes: 10 },
  flood: { run: flood, minutes: 10 },
  closing: { run: closing, minutes: 5 },
  answers: { run: answers, minutes: 5 },
  strangers: { run: strangers, minutes: 10 },
  amplification: { run: amplification, minutes: 5 },
};
/** Minutes that even the smallest run may take. */
const LEAST_MINUTES = 3;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: "string", default: "1" },
    seed: { type: "string" },
    on: { type: "string", default: Object.keys(ADAPTERS).join() },
    write: { type: "boolean", default: false },
  },
});

const seed = Number(flags.seed ?? Date.now() % 1_000_000);
const scale = Number(flags.scale);
const adapters = flags.on.split(",");
const chosen = positionals.length > 0 ? positionals : Object.keys(programs);
checkArguments();
checkOpenFiles();
console.log(`seed ${seed}`);

const sections = [];
let isFine = true;
for (const name of chosen) {
  const { run, minutes } = programs[name];
  try {
    const loadBefore = loadAverage();
    const findings = await within(minutes, name, run({ scale, seed, adapters }));
    findings.facts.unshift(...machineFacts(), circumstances(name, loadBefore));
    sections.push(markdown(findings));
    console.log(`\n${sections.at(-1)}`);
    isFine &&= findings.bounds.every(({ isMet }) => isMet);
  } catch (error) {
    console.error(`FAILED ${name}: ${error.stack}`);
    isFine = false;
  }
}
if (flags.write) writeSections(sections);
process.exit(isFine ? 0 : 1);

function checkArguments() {
  for (const name of chosen) {
    if (!(name in programs)) throw new Error(`No program "${name}": ${Object.keys(programs)}`);
  }
  for (const name of adapters) {
    if (!(name in ADAPTERS)) throw new Error(`No server "${name}": ${Object.keys(ADAPTERS)}`);
  }
  if (!(scale > 0 && scale <= 1)) throw new Error("--scale is more than 0 and at most 1.");
  if (!Number.isSafeInteger(seed)) throw new Error("--seed is a whole number.");
}

function circumstances(name, loadBefore) {
  const when = new Date().toISOString().slice(0, 10);
  const how = `${name} --scale ${scale} --seed ${seed} --on ${adapters}`;
  return `${when}, \`${how}\`, load average ${loadBefore} before and ${loadAverage()} after`;
}

function within(minutes, name, result) {
  const limit = Math.max(LEAST_MINUTES, minutes * scale) * 60_000;
  const late = new Promise((_, reject) => {
    const fail = () => reject(new Error(`${name} took more than ${limit / 60_000} minutes.`));
    setTimeout(fail, limit).unref();
  });
  return Promise.race([result, late]);
}
