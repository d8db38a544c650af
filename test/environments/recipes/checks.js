import { deepEqual, equal } from "node:assert/strict";
import { Remote } from "../runtimes/remote.js";
import { start } from "../runtimes/runtimes.js";

/** Runs a recipe's site in a folder, and checks it. */
export async function tryRecipe({ name, refusals }, command, folder, report) {
  const title = `recipe ${name}`;
  let site;
  try {
    site = await start({ name: title, command, env: { PLACES: "1" } }, folder);
  } catch (error) {
    report(`${title}: starts`, error);
    return;
  }
  for (const [check, run] of CHECKS) {
    try {
      await run(`${site.url}ws`, refusals);
      report(`${title}: ${check}`);
    } catch (error) {
      report(`${title}: ${check}`, error);
    } finally {
      Remote.cutAll();
    }
  }
  site.stop();
}

/** What each recipe must do where one address has one place, in this order: the last check closes the site. */
const CHECKS = [
  ["answers who is not known", async (url, refusals) => equal(await refusalOf(url), refusals[401])],
  [
    "lets in who is known, and loses nothing that is sent at once",
    async (url) => {
      const alice = await enter(url, "Alice");
      deepEqual((await alice.ask("who")).payload, { id: "alice", name: "Alice" });
    },
  ],
  [
    "gives one place to an address, and gives it back",
    async (url, refusals) => {
      for (const [first, second] of [
        ["Alice", "Bob"],
        ["Bob", "Alice"],
      ]) {
        const remote = await enter(url, first);
        equal(await refusalOf(url, second), refusals[429]);
        remote.close(1000, "");
        await remote.closed();
      }
    },
  ],
  [
    "closes with 1009 on a message that is too large",
    async (url) => {
      const alice = await enter(url, "Alice");
      alice.send({ type: "echo", payload: "x".repeat(5_000) });
      equal((await alice.closed()).code, 1009);
    },
  ],
  [
    "tells clients that it goes away when the site closes",
    async (url) => {
      const alice = await enter(url, "Alice");
      alice.send({ type: "close_site" });
      equal((await alice.closed()).code, 1001);
    },
  ],
];

/** How long it may take until a place is free (ms): less than until an admission gives its own back. */
const PATIENCE = 5_000;

/** Connects as a user, as soon as there is a place. */
async function enter(url, name) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const remote = await Remote.open(url, name).catch(() => undefined);
    // One that is let in and closed gets no answer.
    const answer = await Promise.race([remote?.ask("who"), remote?.ended.then(() => undefined)]);
    if (answer !== undefined) return remote;
    if (Date.now() > end) throw new Error(`There was no place for ${name} in time`);
  }
}

/** The status, or the close code, that a client is refused with. */
function refusalOf(url, name) {
  return Remote.open(url, name)
    .then((remote) => remote.closed())
    .then(
      ({ code }) => String(code),
      ({ message }) => message,
    );
}
