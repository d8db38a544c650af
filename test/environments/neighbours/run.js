/**
 * Runs the package beside other people's WebSocket servers, in their newest releases: `npm run test:neighbours`,
 * or with a part of their names, `npm run test:neighbours -- next`.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { recipesOf } from "../recipes/blocks.js";
import { tryRecipe } from "../recipes/checks.js";
import { compilePrograms } from "./compile.js";
import { neighbours, prepareProgram } from "./program.js";

/** How long one neighbour may take, in milliseconds. A build of Next is among what it does. */
const PATIENCE = 240_000;

const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.some((part) => name.includes(part));
const folder = prepareProgram();
let passed = 0;
let failed = 0;

function report(name, error) {
  if (error === undefined) passed++;
  else failed++;
  console.log(`${error === undefined ? "✓" : "✗"} ${name}`);
  if (error !== undefined) console.log(error);
}

for (const neighbour of neighbours.filter(isWanted)) {
  for (const place of ["before", "after"]) {
    const name = `${neighbour}, registered ${place} roomcast`;
    const ending = await visit(neighbour, place, (check, error) =>
      report(`${name}: ${check}`, error),
    );
    if (ending !== undefined) report(`${name}: ends by itself`, ending);
  }
}
for (const recipe of recipesOf("ws").filter(({ name }) => isWanted(`recipe ${name}`))) {
  const command = [process.execPath, `recipes/${recipe.name}.js`];
  await tryRecipe(recipe, command, folder, report);
}
if (isWanted("types")) {
  for (const { name, errors } of compilePrograms(folder)) report(name, errors);
}
if (passed + failed === 0) report("something to do", "No neighbour has such a name.");
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Runs one program; hands on what it reports. Resolves with what is wrong about its end. */
function visit(neighbour, place, onCheck) {
  const program = spawn(process.execPath, ["visit.js", neighbour, place], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: undefined },
  });
  let said = "";
  program.stderr.on("data", (data) => {
    said += data;
  });
  createInterface({ input: program.stdout }).on("line", (line) => {
    const [, check, error] = /^check: (.*?)(?: failed: (.*))?$/.exec(line) ?? [];
    if (check !== undefined) onCheck(check, error && JSON.parse(error));
    else said += `${line}\n`;
  });
  const timer = setTimeout(() => program.kill("SIGKILL"), PATIENCE);
  return new Promise((resolve) => {
    program.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve(code === 0 ? undefined : `It ended with ${code ?? signal}.\n${said}`);
    });
  });
}
