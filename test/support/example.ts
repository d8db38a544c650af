import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** How an example ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds from the signal to the end. */
  readonly took: number;
}

/** The examples import the built package: builds it, unless that is newer than every source. */
export function buildPackage(): void {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  const newest = Math.max(...sources.map((name) => timeOf(join(root, "src", name))));
  if (timeOf(join(root, "dist/index.js")) > newest) return;
  const { status, stdout, stderr } = spawnSync("npm", ["run", "build"], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`npm run build failed.\n${stdout}\n${stderr}`);
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

function run(name: string, port: string): ChildProcess {
  return spawn(process.execPath, [`examples/${name}/server.js`], {
    cwd: root,
    env: { ...process.env, PORT: port },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
