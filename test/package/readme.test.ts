import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Block, blocksOf, readPage } from "../docs/markdown.js";

const { tarball } = inject("installed");
const readme = readPage("README.md");
const quickStart = readme.slice(readme.indexOf("## Quick start"), readme.indexOf("### Your own"));
const blocks = blocksOf(quickStart);

/** What the README says to save, to run and to paste, in its order. */
const [install, start] = blocks.filter(({ language }) => language === "sh").map(codeOf);
const [server = "", socket = "", client = ""] = blocks
  .filter(({ language }) => language === "js")
  .map(codeOf);
const file = /Save this as `([\w.]+)`/.exec(quickStart)?.[1] ?? "";

describe("the README's quick start, pasted into an empty folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-readme-"));
  const programs: Program[] = [];
  let port: number;
  let running: Program;

  /** Runs a command in the folder, with the port that the server has. */
  function run(command: string): Program {
    const program = new Program(command, folder, port);
    programs.push(program);
    return program;
  }

  /** Saves a program for a client, which connects to the port of this run, and runs it. */
  function runClient(name: string, code: string): Program {
    writeFileSync(join(folder, name), code.replaceAll(":8080", `:${port}`));
    return run(`node --import ./websocket.mjs ${name}`);
  }

  beforeAll(async () => {
    const [npm = "", ...words] = String(install).trim().split(" ");
    const packages = words.map((word) => (word === "roomcast" ? tarball : word));
    const env = { ...process.env, npm_config_prefer_offline: "true", npm_config_audit: "false" };
    execFileSync(npm, packages, { cwd: folder, env, stdio: "pipe" });
    writeFileSync(join(folder, file), server);
    // Node 20 has no WebSocket of its own; pages have, and Node 22.
    const polyfill = 'import { WebSocket } from "ws";\nglobalThis.WebSocket ??= WebSocket;\n';
    writeFileSync(join(folder, "websocket.mjs"), polyfill);
    port = await freePort();
    running = run(String(start).trim());
    await running.prints("Listening");
  });

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  it("says where it listens", () => {
    expect(running.output).toBe(`Listening on http://localhost:${port}\n`);
  });

  it("answers a browser that opens its address", async () => {
    const response = await fetch(`http://localhost:${port}`);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("/ws?token=ada");
  });

  it("answers a plain request for the path of the WebSockets", async () => {
    expect((await fetch(`http://localhost:${port}/ws`)).status).toBe(200);
  });

  it("refuses an unknown token with 401, and a foreign page with 403", async () => {
    expect(await upgrade(port, "/ws?token=eve", {})).toBe(401);
    expect(await upgrade(port, "/ws?token=ada", { Origin: "https://elsewhere.example" })).toBe(403);
    const own = { Origin: `http://localhost:${port}` };
    expect(await upgrade(port, "/ws?token=ada", own)).toBe(101);
  });

  it("connects the page's lines and the client's, who hear each other", async () => {
    const ben = runClient("client.mjs", client);
    await running.prints("joined [ 'Ben', 'general' ]");
    const ada = runClient("socket.mjs", socket);
    await ada.prints('"type":"room_info"');
    await running.prints("joined [ 'Ada', 'general' ]");
    await ben.prints("Ada { content: 'hi' }");
    expect(ada.output).toContain('{"id":"2","name":"Ben"}');
  });
});

/** A program that runs until it is stopped. */
class Program {
  output = "";
  readonly #command: string;
  readonly #child: ChildProcess;
  readonly #listeners: (() => void)[] = [];

  constructor(command: string, cwd: string, port: number) {
    const [name = "", ...parameters] = command.split(" ");
    this.#command = command;
    this.#child = spawn(name, parameters, { cwd, env: { ...process.env, PORT: String(port) } });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.output += chunk;
        for (const listener of this.#listeners.splice(0)) listener();
      });
    }
  }

  /** Resolves when it has printed a text; rejects when it ends without. */
  async prints(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`${this.#command}: ${this.output}`);
      await Promise.race([this.#heard(), once(this.#child, "close")]);
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || !this.#child.kill()) return;
    await once(this.#child, "close");
  }

  #heard(): Promise<void> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }
}

function codeOf({ code }: Block): string {
  return code;
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The HTTP status that an upgrade request is answered with. */
async function upgrade(port: number, path: string, own: Record<string, string>): Promise<number> {
  const headers = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...own,
  };
  const request = get(`http://localhost:${port}${path}`, { headers });
  const answers = ["response", "upgrade"].map((event) => once(request, event));
  const [response] = (await Promise.race(answers)) as [IncomingMessage];
  request.destroy();
  return response.statusCode ?? 0;
}
