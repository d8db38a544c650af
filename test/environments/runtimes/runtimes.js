import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { binary } from "./program.js";

const deno = [binary("deno"), "run", "--allow-net", "--allow-env", "--no-lock"];

/** Every runtime, by way of each adapter that it is for, and the command that serves the hub there. */
export const runtimes = [
  { name: "node, ws serve", command: [process.execPath, "ws-serve.js"] },
  { name: "bun, ws serve", command: [binary("bun"), "ws-serve.js"] },
  { name: "bun, ws attach", command: [binary("bun"), "ws-attach.js"] },
  { name: "deno, websocket", command: [...deno, "deno.js"] },
  {
    name: "workerd, websocket",
    command: [binary("workerd"), "serve", "workerd.capnp", "--control-fd=1"],
  },
];

/** How long a server may take until it listens, in milliseconds. */
const PATIENCE = 20_000;

/** Starts a server in the program's folder; resolves with its address, and how to stop it. */
export async function start({ name, command: [program, ...parameters] }, folder) {
  // A group of its own: some runtimes are started by a script, which would be stopped alone.
  const server = spawn(program, parameters, {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = () => {
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
