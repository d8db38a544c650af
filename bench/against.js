/**
 * `npm run bench -- --against COMMIT`: compares this build with the build of a commit, row by row, and says
 * of each target whether it holds.
 */
import { layOut } from "./against/build.js";
import { measurePairs } from "./against/pairs.js";
import { chooseRows } from "./against/rows.js";
import { judge, LEAST_VALUES, medianInterval } from "./against/statistics.js";
import { checkOpenFiles, loadAverage, machineFacts } from "./machine.js";
import { median } from "./median.js";
import { table } from "./report.js";

const PAIRS = 25;

const HEADER = [
  "row",
  "unit",
  "before",
  "after",
  "ratio",
  "95 %",
  "A/A",
  "95 %",
  "target",
  "verdict",
];

/**
 * @param {{ against: string, only?: string, pairs?: string }} flags
 * @returns {Promise<number>} The exit code: 1 if a target is missed, or a row could not be measured.
 */
export async function compare({ against, only, pairs = String(PAIRS) }) {
  const count = Number(pairs);
  if (!Number.isSafeInteger(count) || count < LEAST_VALUES) {
    throw new Error(`--pairs ${pairs}: it must be a whole number of at least ${LEAST_VALUES}.`);
  }
  const chosen = chooseRows(only);
  checkOpenFiles();
  console.log(`Building ${against} …`);
  const { hash, ...folders } = layOut(against);
  const start = performance.now();
  const loadBefore = loadAverage();
  const lines = [];
  const failures = [];
  for (const row of chosen) {
    try {
      const measured = await measurePairs(row, folders, count, (soFar, of) => {
        console.log(`${row.name}: ${soFar.length} of ${of} pairs, ${brief(row, soFar)}`);
      });
      for (const figure of Object.keys(row.targets)) lines.push(lineOf(row, figure, measured));
    } catch (error) {
      failures.push(`FAILED ${row.name}: ${error.message}`);
      console.error(failures.at(-1));
    }
  }
  const minutes = ((performance.now() - start) / 60_000).toFixed(0);
  const facts = [
    ...machineFacts(),
    `this build ÷ ${hash}, ${count} pairs, ${minutes} minutes, load average ${loadBefore} before and ${loadAverage()} after`,
  ];
  console.log(`\n${facts.map((fact) => `- ${fact}`).join("\n")}\n\n${table(HEADER, lines)}`);
  for (const failure of failures) console.error(failure);
  return failures.length > 0 || lines.some((line) => line.at(-1) === "fails") ? 1 : 0;
}

/** A row of the table for one figure. */
function lineOf({ name, unit, targets }, figure, pairs) {
  const target = targets[figure];
  const ratio = medianInterval(ratios(pairs, "after", figure));
  const copy = medianInterval(ratios(pairs, "again", figure));
  return [
    figure === "resident" ? `${name}, resident` : name,
    unit,
    digits(median(pairs.map(({ before }) => before[figure]))),
    digits(median(pairs.map(({ after }) => after[figure]))),
    ratio.median.toFixed(3),
    range(ratio),
    copy.median.toFixed(3),
    range(copy),
    target?.toFixed(2) ?? "",
    target === undefined ? "reported only" : judge(ratio, target),
  ];
}

function brief({ targets }, pairs) {
  const [figure] = Object.keys(targets);
  const middle = (side) => median(ratios(pairs, side, figure)).toFixed(3);
  return `${middle("after")} (A/A ${middle("again")})`;
}

function ratios(pairs, side, figure) {
  return pairs.map((pair) => pair[side][figure] / pair.before[figure]);
}

function range({ lower, upper }) {
  return `${lower.toFixed(3)} to ${upper.toFixed(3)}`;
}

function digits(value) {
  return value.toFixed(value < 100 ? 2 : 0);
}
