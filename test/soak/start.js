import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { askChild } from "../../bench/ask.js";

/** What everything is run on. */
export const ADAPTERS = { ws: "roomcast on ws", uws: "roomcast on uWS" };

/** Milliseconds until the end of a process is known. */
const MOMENT = 500;

/**
 * Starts a process of this folder. It ends with this one, at the latest.
 *
 * @param {string} file
 * @param {string[]} [args]
 */
export function start(file, args = []) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return fork(path, args, { execArgv: ["--expose-gc"] });
}

/** A server that has been started: questions to it, until it is stopped. */
export class Server {
  /** Rejects when the process ends although nobody stopped it. @type {Promise<never>} */
  crashed;
  port = 0;
  #child;
  #isStopped = false;

  /**
   * @param {"ws" | "uws"} adapter
   * @param {object} options What the hub is made with.
   * @param {object} upgrades What it is attached with.
   */
  constructor(adapter, options, upgrades) {
    const args = [options, upgrades].map((each) => JSON.stringify(each));
    this.#child = start("./server.js", [adapter, ...args]);
    this.crashed = new Promise((_, reject) => {
      this.#child.once("exit", (code, signal) => {
        if (!this.#isStopped)
          reject(new Error(`The server on ${adapter} ended: ${signal ?? code}`));
      });
    });
    this.crashed.catch(() => {});
  }

  async open() {
    this.port = await this.ask("open");
    return this;
  }

  /** One question at a time. */
  ask(question, argument) {
    return askChild(this.#child, question, argument);
  }

  /** Stops the process, or has it go on. @param {"SIGSTOP" | "SIGCONT"} signal */
  signal(signal) {
    this.#child.kill(signal);
  }

  /** Ends the process at once; resolves when it has ended. */
  stop() {
    this.#isStopped = true;
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) resolve();
      else this.#child.once("exit", resolve);
      this.#child.kill("SIGKILL");
    });
  }
}

/**
 * Runs something against a server, and fails as soon as the server ends or says that it failed.
 *
 * @template T
 * @param {"ws" | "uws"} adapter
 * @param {object} options
 * @param {(server: Server) => Promise<T>} act
 * @param {object} [upgrades]
 * @returns {Promise<T>}
 */
export async function withServer(adapter, options, act, upgrades = {}) {
  const server = new Server(adapter, options, upgrades);
  try {
    await server.open();
    const result = await Promise.race([server.crashed, orCrash(server, act(server))]);
    const failures = await server.ask("failures");
    if (failures.length > 0) {
      throw new Error(`The hub failed ${failures.length} times, first: ${failures[0]}`);
    }
    return result;
  } finally {
    await server.stop();
  }
}

/** What fails because the server ended should say so: its lines break a moment before it is known. */
async function orCrash(server, result) {
  try {
    return await result;
  } catch (error) {
    await Promise.race([server.crashed, sleep(MOMENT)]);
    throw error;
  }
}
