import { once } from "node:events";
import { createServer, get, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import type { Envelope, Hub } from "roomcast";
import { afterEach } from "vitest";
import WebSocket, { type ClientOptions } from "ws";

const cleanups: (() => unknown)[] = [];

/** Runs `cleanup` after the test; the last one named runs first. */
export function afterwards(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An HTTP server on a free port, closed after the test. */
export async function startServer(): Promise<{ server: Server; port: number }> {
  const server = createServer((_, response) => response.end("plain"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Closes a hub after the test. */
export function closeAfterwards(hub: Hub): Hub {
  afterwards(() => hub.close({ timeout: 200 }));
  return hub;
}

/** A client that cannot miss a message: what arrives waits until it is asked for. */
export class Remote {
  readonly #queue: Envelope[] = [];
  #wake: (() => void) | undefined;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<{ code: number; reason: string }>;

  readonly ws: WebSocket;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on("message", (data, isBinary) => {
      if (isBinary) throw new Error("A binary message arrived.");
      this.#queue.push(JSON.parse(data.toString()) as Envelope);
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    ws.on("error", () => {});
    afterwards(() => ws.terminate());
  }

  /** Resolves when the connection is open. Rejects if the upgrade is refused. */
  static async open(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    const ws = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
    const remote = new Remote(ws);
    await new Promise((resolve, reject) => {
      ws.once("open", resolve);
      ws.once("error", reject);
    });
    return remote;
  }

  send(message: Envelope | string | Uint8Array): void {
    const isRaw = typeof message === "string" || message instanceof Uint8Array;
    this.ws.send(isRaw ? message : JSON.stringify(message));
  }

  close(code: number, reason: string): void {
    this.ws.close(code, reason);
  }

  /** Cuts the line without a word. */
  cut(): void {
    this.ws.terminate();
  }

  /** Stops reading from the network; pings go unanswered too. */
  pause(): void {
    this.ws.pause();
  }

  resume(): void {
    this.ws.resume();
  }

  /** The next message, whatever it is. */
  async next(): Promise<Envelope> {
    while (this.#queue.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#queue.shift() as Envelope;
  }

  /** The next message of a type; those before it are skipped. */
  async until(type: string): Promise<Envelope> {
    for (;;) {
      const envelope = await this.next();
      if (envelope.type === type) return envelope;
    }
  }

  /** Sends a message and resolves with its answer. */
  async ask(message: Envelope): Promise<Envelope> {
    const id = message.id ?? "asked";
    this.send({ ...message, id });
    for (;;) {
      const envelope = await this.next();
      if (envelope.id === id) return envelope;
    }
  }
}

/** The answer to an upgrade request: 101, or the status of the refusal with its headers and text. */
export function upgrade(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get({
      port,
      path,
      host: "127.0.0.1",
      agent: false,
      headers: {
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        ...headers,
      },
    });
    request.on("error", reject);
    request.on("upgrade", (response, socket) => {
      afterwards(() => socket.destroy());
      resolve({ status: 101, headers: response.headers, body: "" });
    });
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text) => {
        body += text;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
  });
}

/** A bare TCP connection, for peers that misbehave. */
export async function tcp(port: number): Promise<Socket> {
  const socket = connectTcp(port, "127.0.0.1");
  socket.on("error", () => {});
  afterwards(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Resolves with the argument of the next event of a hub. */
export function nextEvent<T>(
  hub: Hub,
  event: "connect" | "disconnect" | "drop" | "lag" | "recovered",
): Promise<T> {
  return new Promise((resolve) => {
    hub.once(event, (argument: unknown) => resolve(argument as T));
  });
}
