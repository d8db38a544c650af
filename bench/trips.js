/**
 * `npm run trips`: shows how a message travels through the sources: which functions it enters, in which
 * files. A reader follows the same trip; the fewer moves between files, the easier.
 *
 *   --root DIR            the package to look at (default: this one)
 *   --against DIR|COMMIT  compares with another package, or with a commit of this repository
 *   --verbose TRIP        lists the functions of one trip instead, in order
 *   --arrows              with --verbose: arrow functions, too
 *
 * A call is a function's entry. A move is a pair of consecutive entries in different files; a return is
 * a move to a file that the trip was in before. `src/testing` and the driver are not counted. The hub has
 * its default options, but history is on.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { table } from "./report.js";
import { drive } from "./trips/drive.js";
import { instrument } from "./trips/instrument.js";
import { trips } from "./trips/trips.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));

const { values: flags } = parseArgs({
  options: {
    root: { type: "string", default: PACKAGE },
    against: { type: "string" },
    verbose: { type: "string" },
    arrows: { type: "boolean", default: false },
  },
});

if (flags.verbose !== undefined && !trips.some(({ name }) => name === flags.verbose)) {
  const names = trips.map(({ name }) => `"${name}"`).join(", ");
  throw new Error(`Unknown trip "${flags.verbose}". Trips: ${names}.`);
}

const temporary = mkdtempSync(join(tmpdir(), "trips-"));
try {
  const recorded = await record(flags.root, "here");
  const compared = flags.against && (await record(flags.against, "against"));
  if (flags.verbose === undefined) console.log(summary(recorded, compared));
  else for (const each of [recorded, compared]) if (each) console.log(`${list(each)}\n`);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** The entries of every trip through the sources of a folder or commit. */
async function record(name, folder) {
  const to = join(temporary, folder);
  instrument(sourcesOf(name, `${to}-commit`), to, PACKAGE);
  const load = (file) => import(pathToFileURL(join(to, file)).href);
  const entries = await drive(await load("index.js"), await load("testing/index.js"));
  return { name, entries };
}

/** The folder with `index.ts`: of a package, the sources themselves, or a commit unpacked to `folder`. */
function sourcesOf(name, folder) {
  for (const sources of [join(resolve(name), "src"), resolve(name)]) {
    if (existsSync(join(sources, "index.ts"))) return sources;
  }
  let archive;
  try {
    const options = { cwd: PACKAGE, maxBuffer: 100_000_000, stdio: ["ignore", "pipe", "pipe"] };
    archive = execFileSync("git", ["archive", name, "src"], options);
  } catch (cause) {
    throw new Error(`"${name}" has no src/index.ts, and is no commit. Give one of them.`, {
      cause,
    });
  }
  mkdirSync(folder);
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  return join(folder, "src");
}

function summary(recorded, compared) {
  const titles = ["calls", "files", "moves", "returns", "moves without arrows"];
  const there = compared ? ["moves there", "without arrows there"] : [];
  const ratios = compared ? ["ratio of moves", "of returns", "without arrows"] : [];
  const rows = trips.map(({ name }) => {
    const here = figures(recorded.entries.get(name));
    const row = [name, here.calls, here.files, here.moves, here.returns, here.plainMoves];
    if (!compared) return row;
    const other = figures(compared.entries.get(name));
    const ratio = (figure) => (here[figure] / other[figure]).toFixed(2);
    row.push(other.moves, other.plainMoves);
    return [...row, ratio("moves"), ratio("returns"), ratio("plainMoves")];
  });
  return table(
    ["trip", ...titles, ...there, ...ratios],
    rows.map((row) => row.map(String)),
  );
}

/** All figures with arrow functions, and the moves without them too. */
function figures(entries) {
  return { ...count(entries), plainMoves: count(entries.filter(({ isArrow }) => !isArrow)).moves };
}

function count(entries) {
  const moves = entries.filter(({ file }, index) => index > 0 && entries[index - 1].file !== file);
  const files = new Set(entries.map(({ file }) => file)).size;
  // Each file but the first is entered by one move; every other move goes back to one.
  return {
    calls: entries.length,
    files,
    moves: moves.length,
    returns: moves.length - Math.max(0, files - 1),
  };
}

function list({ name, entries }) {
  const shown = entries.get(flags.verbose).filter(({ isArrow }) => flags.arrows || !isArrow);
  const lines = shown.map(({ file, name }, index) => {
    const isMove = index > 0 && shown[index - 1].file !== file;
    return `${String(index + 1).padStart(4)} ${isMove ? ">" : " "} ${file}::${name}`;
  });
  return [`${flags.verbose}, in ${name}:`, ...lines].join("\n");
}
