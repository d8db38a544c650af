import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** How an example ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds from the signal to the end. */
  readonly took: number;
}

/** What building the package may take, in milliseconds; as a test hook's timeout. */
export const BUILD_TIMEOUT = 120_000;

/**
 * The examples import the built package: builds it, unless that is newer than every source. Test files
 * run at the same time, and only one of them builds.
 */
export async function buildPackage(): Promise<void> {
  const lock = join(root, "node_modules/.build-lock");
  while (!tryLock(lock)) await setTimeout(100);
  try {
    if (isBuilt()) return;
    const { status, stdout, stderr } = spawnSync("npm", ["run", "build"], {
      cwd: root,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`npm run build failed.\n${stdout}\n${stderr}`);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Takes a lock, which is a folder: to make one either works or fails. Old ones nobody holds. */
function tryLock(path: string): boolean {
  if (Date.now() - timeOf(path) > BUILD_TIMEOUT) rmSync(path, { recursive: true, force: true });
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

function isBuilt(): boolean {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  const newest = Math.max(...sources.map((name) => timeOf(join(root, "src", name))));
  return ["index", "ws", "uws", "websocket", "browser"].every((entry) => {
    return timeOf(join(root, "dist", `${entry}.js`)) > newest;
  });
}

/** An example server in a process of its own. */
export class Example {
  /** Where it listens, as it said itself. */
  readonly url: string;
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #output: string[];

  /**
   * Starts an example, such as `chat`, and resolves when it listens.
   *
   * @param port Default 0: any that is free.
   */
  static async start(name: string, port = 0): Promise<Example> {
    const child = run(name, String(port));
    const output: string[] = [];
    const listening = new Promise<string>((resolve, reject) => {
      const hear = (chunk: string): void => {
        output.push(chunk);
        const url = /http:\/\/\S+(?=\n)/.exec(output.join(""))?.[0];
        if (url !== undefined) resolve(url);
      };
      child.stdout?.setEncoding("utf8").on("data", hear);
      child.stderr?.setEncoding("utf8").on("data", hear);
      child.once("exit", (code) => {
        reject(new Error(`The example ended with ${code}: ${output.join("")}`));
      });
    });
    return new Example(child, output, await listening);
  }

  /** Runs an example that is expected to end by itself. */
  static async runToEnd(name: string, port: string): Promise<{ code: number; output: string }> {
    const child = run(name, port);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    const [code] = (await once(child, "close")) as [number];
    return { code, output };
  }

  private constructor(child: ChildProcess, output: string[], url: string) {
    this.#process = child;
    this.#output = output;
    this.url = url;
    this.port = Number(new URL(url).port);
  }

  /** All that it printed so far. */
  get output(): string {
    return this.#output.join("");
  }

  /** Its WebSocket address. */
  socketUrl(path: string): string {
    return `ws://localhost:${this.port}${path}`;
  }

  /** Asks it to stop, and resolves when it has. Once it has ended, that is all. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    const child = this.#process;
    const started = performance.now();
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "close");
      child.kill(signal);
      await ended;
    }
    return {
      code: child.exitCode,
      signal: child.signalCode,
      took: performance.now() - started,
    };
  }
}

/** Starts an example by the command that its README gives. */
function run(name: string, port: string): ChildProcess {
  const readme = readFileSync(join(root, "examples", name, "README.md"), "utf8");
  const [, command] = /^```sh\n(.+)\n```$/m.exec(readme) ?? [];
  if (command === undefined) throw new Error(`The README of ${name} has no command of one line.`);
  const [file = "", ...args] = command.split(" ");
  return spawn(file, args, {
    cwd: root,
    env: {
      ...process.env,
      // The `node` of the command is the one of these tests.
      PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`,
      PORT: port,
      // The package is built already, and others are using it: `npm start` must not build it anew.
      npm_config_ignore_scripts: "true",
      npm_config_loglevel: "silent",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
