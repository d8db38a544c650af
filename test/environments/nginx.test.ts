import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Handshake, Hub } from "roomcast";
import { serve } from "roomcast/ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { blocksOf, readPage } from "../docs/markdown.js";

const NGINX = "/usr/sbin/nginx";

/** How long (s) this nginx waits for a byte: instead of 60 s. */
const READ_TIMEOUT = 4;

/** The lines that docs/operate.md says to write. */
const documented = blocksOf(readPage("docs/operate.md")).find(({ language }) => {
  return language === "nginx";
})?.code;

describe.skipIf(!hasNginx())("behind nginx, with the lines of docs/operate.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-nginx-"));
  let nginx: ChildProcess;
  let server: Server;
  let hub: Hub;
  let port: number;
  const handshakes: (Handshake | undefined)[] = [];

  beforeAll(async () => {
    server = createServer((_request, response) => response.end("The server's own."));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    hub = new Hub({ heartbeat: { interval: 1_000, timeout: 4_000 } });
    serve(hub, server, { path: "/ws", origins: "same" });
    hub.on("connect", ({ handshake }) => handshakes.push(handshake));

    port = await freePort();
    const { port: upstream } = server.address() as AddressInfo;
    writeFileSync(join(folder, "nginx.conf"), configuration(folder, port, upstream));
    nginx = spawn(NGINX, ["-p", folder, "-c", "nginx.conf", "-e", "error.log"], {
      stdio: "inherit",
    });
    await expectListening(port);
  });

  afterAll(async () => {
    nginx.kill("SIGQUIT");
    await hub.close({ timeout: 200 });
    server.close();
    server.closeAllConnections();
    if (nginx.exitCode === null) await once(nginx, "exit");
    rmSync(folder, { recursive: true, force: true });
  });

  function open(headers: Record<string, string> = {}): WebSocket {
    return new WebSocket(`ws://localhost:${port}/ws`, { headers });
  }

  it("passes other requests on", async () => {
    expect(await (await fetch(`http://localhost:${port}/`)).text()).toBe("The server's own.");
  });

  it("connects pages of its own host and port, and no others", async () => {
    const own = open({ Origin: `http://localhost:${port}` });
    await once(own, "open");
    own.terminate();

    const foreign = open({ Origin: "https://elsewhere.example" });
    foreign.on("error", () => {});
    const [, response] = (await once(foreign, "unexpected-response")) as [unknown, IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(403);
  });

  it("tells the client's address last, whatever the client says of itself", async () => {
    handshakes.length = 0;
    const socket = open({ "X-Forwarded-For": "203.0.113.7" });
    await once(socket, "open");
    await expect.poll(() => handshakes.length).toBe(1);
    const told = handshakes[0]?.headers["x-forwarded-for"]?.split(",").map((part) => part.trim());
    expect(told).toEqual(["203.0.113.7", expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]);
    socket.terminate();
  });

  it("keeps a quiet connection that the hub pings, for longer than nginx waits for a byte", async () => {
    const socket = open();
    await once(socket, "open");
    const quiet = 2 * READ_TIMEOUT;
    let pings = 0;
    await new Promise<void>((resolve, reject) => {
      // One comes each second at most.
      const enough = quiet;
      socket.on("ping", () => ++pings >= enough && resolve());
      socket.on("close", (code) => reject(new Error(`It was closed with ${code}.`)));
    });
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.removeAllListeners("close");
    socket.terminate();
  });
});

/** The documented lines in a whole configuration, with the ports and the patience of this run. */
function configuration(folder: string, port: number, upstream: number): string {
  const lines = String(documented)
    .replace("listen 80;", `listen 127.0.0.1:${port}; listen [::1]:${port};`)
    .replace("example.org", "localhost")
    .replace("127.0.0.1:8080", `127.0.0.1:${upstream}`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join("\n");
  return `
    daemon off;
    pid ${folder}/nginx.pid;
    worker_processes 1;
    events {}
    http {
      access_log off;
      proxy_read_timeout ${READ_TIMEOUT}s;
      ${temporary}
      ${lines}
    }`;
}

/** Whether there is an nginx. Where there is none, one line says so; under `CI` the tests fail instead. */
function hasNginx(): boolean {
  if (existsSync(NGINX)) {
    execFileSync(NGINX, ["-v"], { stdio: "ignore" });
    return true;
  }
  const reason = `there is no nginx at ${NGINX} (on Debian: apt-get install nginx)`;
  if (process.env["CI"]) throw new Error(`The tests behind nginx cannot run: ${reason}.`);
  process.stderr.write(`Skipped the tests behind nginx: ${reason}.\n`);
  return false;
}

async function freePort(): Promise<number> {
  const server = createNetServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves when a port takes connections. */
async function expectListening(port: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const socket = connect(port, "127.0.0.1");
    const refused = await once(socket, "connect").then(
      () => undefined,
      (error: Error) => error,
    );
    socket.destroy();
    if (refused === undefined) return;
    if (attempt === 100) throw refused;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
