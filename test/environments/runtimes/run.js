/**
 * Checks the built package in several runtimes, the hub and the page's half: `npm run test:runtimes`, or with a part of
 * their names, `npm run test:runtimes -- deno`.
 */
import { recipesOf } from "../recipes/blocks.js";
import { tryRecipe } from "../recipes/checks.js";
import { checks } from "./checks.js";
import { prepareProgram } from "./program.js";
import { Remote } from "./remote.js";
import { pages, recipes, runtimes, start, visit } from "./runtimes.js";

const wanted = process.argv.slice(2);
const isWanted = ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part));
const chosen = runtimes.filter(isWanted);
const visitors = pages.filter(isWanted);
const tried = recipesOf("websocket").filter(({ name }) => {
  return recipes[name] !== undefined && isWanted({ name: `recipe ${name}` });
});
const folder = prepareProgram();
let passed = 0;
let failed = chosen.length + visitors.length + tried.length === 0 ? 1 : 0;

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
for (const recipe of tried) {
  const onCheck = (check, error) => report("by the docs", check, error);
  await tryRecipe(recipe, recipes[recipe.name], folder, onCheck);
}
for (const page of visitors) {
  const server = await start(runtimes[0], folder);
  const onCheck = (check, error) => report(page.name, check, error);
  await visit(page, folder, server.url, onCheck).catch((error) => report(page.name, "ends", error));
  server.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
