import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const OPTIONS = {
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  esModuleInterop: true,
  experimentalDecorators: true,
  jsx: "react-jsx",
  module: "esnext",
  moduleResolution: "bundler",
  target: "es2022",
  lib: ["es2023", "dom", "dom.iterable"],
  types: ["node"],
};

/**
 * Compiles a program with each framework: the newest compiler, the newest types of Node, and all libraries checked.
 * Errors within the neighbours' own types are theirs; they are counted and not told.
 */
export function compilePrograms(folder) {
  return readdirSync(join(folder, "types")).map((file) => {
    const project = `${file}.json`;
    writeFileSync(
      join(folder, project),
      JSON.stringify({ compilerOptions: OPTIONS, files: [`types/${file}`] }),
    );
    const errors = compile(folder, project);
    const ours = errors.filter((line) => !isTheirs(line));
    const theirs = errors.length - ours.length;
    const remark = theirs === 0 ? "" : ` (${theirs} errors within their own types)`;
    return {
      name: `types: ${file} compiles${remark}`,
      errors: ours.length === 0 ? undefined : ours.join("\n"),
    };
  });
}

function isTheirs(line) {
  return line.startsWith("node_modules/") && !line.startsWith("node_modules/roomcast/");
}

/** The first line of each error. */
function compile(folder, project) {
  const tsc = join("node_modules", "typescript", "bin", "tsc");
  try {
    execFileSync(process.execPath, [tsc, "--pretty", "false", "-p", project], { cwd: folder });
    return [];
  } catch (failure) {
    const lines = String(failure.stdout).split("\n");
    return lines
      .filter((line) => /error TS\d+/.test(line))
      .concat(failure.stdout ? [] : [String(failure)]);
  }
}
