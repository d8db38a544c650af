import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Lays two builds of roomcast side by side in a temporary folder, which is removed when this process exits:
 * the build of a commit, made here, and the build in `dist`. Each has a copy of the benchmark beside it, so
 * that the same servers import one or the other by the package's own name.
 *
 * @param {string} commit Anything that Git takes for one.
 * @returns {{ hash: string, old: string, new: string }} The commit's short hash, and the folders of the
 * benchmark beside each build.
 */
export function layOut(commit) {
  const hash = git("rev-parse", "--verify", "--short", `${commit}^{commit}`);
  const folder = mkdtempSync(join(tmpdir(), "roomcast-against-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
  const source = join(folder, "source");
  checkOut(hash, source);
  install(source);
  run("npm", ["run", "build"], source);
  return { hash, old: copy(source, join(folder, "old")), new: copy(ROOT, join(folder, "new")) };
}

function checkOut(hash, source) {
  mkdirSync(source);
  const archive = `${source}.tar`;
  git("archive", "--format=tar", `--output=${archive}`, hash);
  run("tar", ["-xf", archive, "-C", source], ROOT);
}

/** Shares this tree's packages where the commit asks for the same ones. */
function install(source) {
  if (packagesOf(source) === packagesOf(ROOT)) {
    symlinkSync(realpathSync(join(ROOT, "node_modules")), join(source, "node_modules"));
  } else {
    run("npm", ["ci", "--no-audit", "--no-fund"], source);
  }
}

/** All packages that a lockfile names, as text; not the entry of roomcast itself. */
function packagesOf(folder) {
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  const { "": _, ...others } = packages;
  return JSON.stringify(others);
}

/** Copies what a server needs; what is built in the meantime does not matter to it then. */
function copy(source, target) {
  mkdirSync(target);
  cpSync(join(source, "package.json"), join(target, "package.json"));
  cpSync(join(source, "dist"), join(target, "dist"), { recursive: true });
  cpSync(join(ROOT, "bench"), join(target, "bench"), { recursive: true });
  symlinkSync(realpathSync(join(source, "node_modules")), join(target, "node_modules"));
  return join(target, "bench");
}

function git(...args) {
  return run("git", args, ROOT).trim();
}

/** Runs a program to its end; what it printed is shown if it fails. */
function run(program, args, cwd) {
  try {
    return execFileSync(program, args, { cwd, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const said = `${error.stdout ?? ""}${error.stderr ?? ""}`.trim();
    throw new Error(`"${program} ${args.join(" ")}" failed in ${cwd}:\n${said || error.message}`);
  }
}
