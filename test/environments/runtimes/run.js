/**
 * Checks the built package in runtimes other than Node: `npm run test:runtimes`, or with a part of
 * their names, `npm run test:runtimes -- deno`.
 */
import { checks } from "./checks.js";
import { prepareProgram } from "./program.js";
import { Remote } from "./remote.js";
import { runtimes, start } from "./runtimes.js";

const wanted = process.argv.slice(2);
const chosen = runtimes.filter(({ name }) => {
  return wanted.length === 0 || wanted.some((part) => name.includes(part));
});
const folder = prepareProgram();
let passed = 0;
let failed = chosen.length === 0 ? 1 : 0;

function report(runtime, check, error) {
  if (error === undefined) passed++;
  else failed++;
  console.log(`${error === undefined ? "✓" : "✗"} ${runtime}: ${check}`);
  if (error !== undefined) console.log(error);
}

for (const runtime of chosen) {
  let server;
  try {
    server = await start(runtime, folder);
  } catch (error) {
    report(runtime.name, "starts", error);
    continue;
  }
  for (const [name, check] of checks) {
    try {
      await check(server.url);
      report(runtime.name, name);
    } catch (error) {
      report(runtime.name, name, error);
    } finally {
      Remote.cutAll();
    }
  }
  server.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
