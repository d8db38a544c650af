import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { binary } from "./program.js";

const deno = [binary("deno"), "run", "--allow-net", "--allow-env", "--no-lock"];
const [node22, node24] = ["node-22", "node-24"].map((name) => `node_modules/${name}/bin/node`);

/** Every runtime, by way of each adapter that it is for, and the command that serves the hub there. */
export const runtimes = [
  { name: "node, ws serve", command: [process.execPath, "ws-serve.js"] },
  { name: "node 22, ws serve", command: [node22, "ws-serve.js"] },
  { name: "node 24, ws serve", command: [node24, "ws-serve.js"] },
  { name: "bun, ws serve", command: [binary("bun"), "ws-serve.js"] },
  { name: "bun, ws attach", command: [binary("bun"), "ws-attach.js"] },
  { name: "bun, websocket", command: [binary("bun"), "recipes/bun.js"] },
  { name: "deno, websocket", command: [...deno, "deno.js"] },
  {
    name: "workerd, websocket",
    command: [binary("workerd"), "serve", "workerd.capnp", "--control-fd=1"],
  },
];

/** By the recipes of the docs, the command that serves each. */
export const recipes = {
  deno: [...deno, "recipes/deno.js"],
  bun: [binary("bun"), "recipes/bun.js"],
  "hono-deno": [...deno, "recipes/hono-deno.js"],
  "hono-bun": [binary("bun"), "recipes/hono-bun.js"],
};

/** Where the page's half runs, with the runtime's own WebSocket. Node 20 has none, and takes that of `ws`. */
export const pages = [
  {
    name: `node ${process.versions.node.split(".")[0]}, page`,
    command: [process.execPath, "page.js"],
  },
  { name: "node 22, page", command: [node22, "page.js"] },
  { name: "node 24, page", command: [node24, "page.js"] },
  { name: "bun, page", command: [binary("bun"), "page.js"] },
  { name: "deno, page", command: [...deno, "page.js"] },
];

/** How long a page may take for all its checks, in milliseconds. */
const PAGE_PATIENCE = 90_000;

/** Runs a page in the program's folder; hands on what it reports. Rejects where it does not come to its end. */
export function visit({ command: [program, ...parameters] }, folder, url, onCheck) {
  const page = spawn(program, [...parameters, url], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const timer = setTimeout(() => process.kill(-page.pid, "SIGKILL"), PAGE_PATIENCE);
  let isDone = false;
  createInterface({ input: page.stdout }).on("line", (line) => {
    const [, check, error] = /^check: (.*?)(?: failed: (.*))?$/.exec(line) ?? [];
    if (check !== undefined) onCheck(check, error && JSON.parse(error));
    else if (line === "done") isDone = true;
    else console.log(line);
  });
  return new Promise((resolve, reject) => {
    page.once("error", reject);
    page.once("close", (code, signal) => {
      clearTimeout(timer);
      if (isDone) resolve();
      else reject(new Error(`It ended with ${code ?? signal}.`));
    });
  });
}

/** How long a server may take until it listens, in milliseconds. */
const PATIENCE = 20_000;

/** Starts a server in the program's folder; resolves with its address, and how to stop it. */
export async function start({ name, command: [program, ...parameters], env = {} }, folder) {
  // A group of its own: some runtimes are started by a script, which would be stopped alone.
  const server = spawn(program, parameters, {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const stop = () => {
    process.off("exit", stop);
    try {
      process.kill(-server.pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  };
  process.once("exit", stop);
  try {
    return { url: `ws://127.0.0.1:${await portOf(server, name)}/`, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** The port in the first line that tells one; the lines after it go to the terminal. */
function portOf(server, name) {
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${name} ${why}`));
    const timer = setTimeout(() => fail("does not listen"), PATIENCE);
    server.on("error", ({ message }) => fail(`did not start: ${message}`));
    server.on("exit", (code) => fail(`ended with ${code}`));
    createInterface({ input: server.stdout }).on("line", (line) => {
      const port = /^listening (\d+)$|"event":"listen".*"port":(\d+)/.exec(line);
      if (port === null) {
        console.log(line);
        return;
      }
      clearTimeout(timer);
      resolve(Number(port[1] ?? port[2]));
    });
  });
}
