import { EventEmitter, once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { Hub, type RoomcastError } from "roomcast";
import { type HttpServer, serve } from "roomcast/ws";
import { Server as SocketIO } from "socket.io";
import { afterEach, describe, expect, test, vi } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import {
  afterwards,
  closeAfterwards,
  Remote,
  startServer,
  tcp,
  upgrade,
} from "../../../support/net.js";
import { join } from "../../../support/world.js";

afterEach(() => vi.useRealTimers());

const REQUEST =
  "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A hub that keeps its errors, and an HTTP server that does not serve it yet. */
async function start() {
  const hub = closeAfterwards(new Hub());
  const errors: RoomcastError[] = [];
  hub.on("error", ({ error }) => errors.push(error));
  const { server, port } = await startServer();
  return { hub, errors, server, port, url: `ws://127.0.0.1:${port}` };
}

function greet(sockets: WebSocketServer): WebSocketServer {
  return sockets.on("connection", (ws) => ws.send("theirs"));
}

/** What somebody else's server says first. */
async function greetingOf(url: string): Promise<string> {
  const ws = new WebSocket(url);
  afterwards(() => ws.terminate());
  return String((await once(ws, "message"))[0]);
}

async function enter(url: string): Promise<Remote> {
  const remote = await Remote.open(url);
  await remote.ask(join("general"));
  return remote;
}

/** What stands beside the hub, and which of its paths answers with "theirs". */
const NEIGHBOURS: [string, string, (server: Server) => unknown][] = [
  ["a WebSocketServer", "/theirs", (server) => greet(new WebSocketServer({ server }))],
  [
    "a WebSocketServer with a path",
    "/theirs",
    (server) => greet(new WebSocketServer({ server, path: "/theirs" })),
  ],
  [
    "a listener that hangs up on all that is not its own",
    "/theirs",
    (server) => {
      const sockets = greet(new WebSocketServer({ noServer: true }));
      server.on("upgrade", (request, socket, head) => {
        if (request.url !== "/theirs") socket.destroy();
        else sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws));
      });
    },
  ],
  [
    "a listener that calls those who were there before",
    "/theirs",
    (server) => {
      const before = server.listeners("upgrade");
      const sockets = greet(new WebSocketServer({ noServer: true }));
      server.removeAllListeners("upgrade");
      server.on("upgrade", (request, socket, head) => {
        if (request.url === "/theirs") {
          sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws));
        } else for (const listener of before) listener.call(server, request, socket, head);
      });
    },
  ],
  [
    "an emit that somebody has wrapped",
    "/theirs",
    (server) => {
      const sockets = greet(new WebSocketServer({ noServer: true }));
      const emit = server.emit;
      server.emit = function (this: Server, name: string, ...event: unknown[]) {
        const [request, socket, head] = event as Parameters<WebSocketServer["handleUpgrade"]>;
        if (name !== "upgrade" || request.url !== "/theirs") {
          return Reflect.apply(emit, this, [name, ...event]);
        }
        sockets.handleUpgrade(request, socket, head, (ws) => sockets.emit("connection", ws));
        return true;
      } as typeof emit;
    },
  ],
];

describe.each(NEIGHBOURS)("serve beside %s", (_, path, settle) => {
  test.each(["before", "after"])("gets its own path, and leaves others: %s", async (place) => {
    const { hub, errors, server, port, url } = await start();
    if (place === "before") settle(server);
    serve(hub, server, { path: "/ws", authenticate: async () => ({ id: "ada", name: "Ada" }) });
    if (place === "after") settle(server);
    for (let n = 0; n < 2; n++) {
      const ada = await enter(`${url}/ws`);
      expect(await greetingOf(url + path)).toBe("theirs");
      ada.ws.close();
      expect((await ada.closed).code).toBe(1005);
    }
    expect(await (await fetch(`http://127.0.0.1:${port}/ws`)).text()).toBe("plain");
    expect(errors).toEqual([]);
  });
});

describe("serve beside Socket.IO, which hangs up on what is not answered in a second", () => {
  test.each(["before", "after"])("may take longer to answer: %s", async (place) => {
    const { hub, server, url } = await start();
    const settle = () => {
      const io = new SocketIO(server);
      afterwards(() => io.engine.close());
    };
    if (place === "before") settle();
    serve(hub, server, {
      path: "/ws",
      authenticate: () => sleep(1_500).then(() => ({ id: "ada", name: "Ada" })),
    });
    if (place === "after") settle();
    const ada = await enter(`${url}/ws`);
    const io = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`);
    afterwards(() => io.terminate());
    expect(String((await once(io, "message"))[0])).toMatch(/^0{"sid"/);
    expect((await ada.ask({ type: "ping" })).type).toBe("pong");
  });
});

describe("the events of a served HTTP server", () => {
  test("reach their listeners as before, with the server as this, and emit's answer", async () => {
    const { hub, server } = await start();
    serve(hub, server);
    const heard: unknown[] = [];
    server.on("custom", function (this: unknown, ...event: unknown[]) {
      heard.push(this === server, ...event);
    });
    expect([server.emit("custom", 1, 2), server.emit("nobody")]).toEqual([true, false]);
    expect(heard).toEqual([true, 1, 2]);
    expect(Object.keys(server)).not.toContain("emit");
  });

  test("pass through an emit that the prototype gets later", async () => {
    class Traced extends EventEmitter {}
    const server = new Traced();
    serve(closeAfterwards(new Hub()), server as unknown as HttpServer);
    const traced: unknown[] = [];
    Traced.prototype.emit = function (this: Traced, ...event: Parameters<Traced["emit"]>) {
      traced.push(event[0]);
      return EventEmitter.prototype.emit.apply(this, event);
    };
    server.emit("request", 1);
    expect(traced).toEqual(["request"]);
  });

  test("are heard where another server hands its upgrades on", async () => {
    const { hub, server } = await start();
    const front = createServer();
    // As Fastify does for the second address of localhost; bound before the server is served.
    const bound = server.emit.bind(server, "upgrade");
    serve(hub, server, { path: "/ws" });
    front.on("upgrade", (...event) => void server.emit("upgrade", ...event));
    await once(front.listen(0, "127.0.0.1"), "listening");
    afterwards(() => front.close());
    const url = `ws://127.0.0.1:${(front.address() as AddressInfo).port}`;
    await enter(`${url}/ws`);
    front.removeAllListeners("upgrade").on("upgrade", bound);
    await enter(`${url}/ws`);
    expect(hub.clients.size).toBe(2);
  });

  test("are still heard where somebody restores the emit from before", async () => {
    const { hub, server, url } = await start();
    const { emit } = server;
    serve(hub, server, { path: "/ws" });
    server.emit = emit;
    await enter(`${url}/ws`);
    expect(hub.clients.size).toBe(1);
  });
});

describe("an upgrade that is answered twice, beside serve", () => {
  test("is reported, and ends nothing", async () => {
    const { hub, errors, server, url } = await start();
    serve(hub, server, { path: "/ws" });
    const theirs = greet(new WebSocketServer({ noServer: true }));
    const { emit } = server;
    server.emit = function (this: Server, name: string, ...event: unknown[]) {
      if (name === "upgrade") {
        const [request, socket, head] = event as Parameters<WebSocketServer["handleUpgrade"]>;
        theirs.handleUpgrade(request, socket, head, (ws) => theirs.emit("connection", ws));
      }
      return Reflect.apply(emit, this, [name, ...event]);
    } as typeof emit;
    for (let n = 1; n <= 2; n++) {
      expect(await greetingOf(`${url}/ws`)).toBe("theirs");
      await expect.poll(() => errors.length).toBe(n);
    }
    expect(errors[0]).toMatchObject({ code: "SOCKET_FAILED" });
    server.emit = emit;
    await enter(`${url}/ws`);
  });
});

describe("an upgrade that neither the hub nor another listener answers", () => {
  /** A served server with another listener; its timers are moved by hand. */
  async function startBeside(listener: (...upgrade: [{ url?: string }, Duplex]) => unknown) {
    const world = await start();
    serve(world.hub, world.server, { path: "/ws" });
    const arrived = once(world.server, "upgrade");
    world.server.on("upgrade", listener);
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const answer = upgrade(world.port, "/wrong");
    let status: number | undefined;
    answer.then(
      (got) => {
        status = got.status;
      },
      () => {},
    );
    await arrived;
    const pass = async (ms: number) => {
      await vi.advanceTimersByTimeAsync(ms);
      // What was written has arrived when an answer to a later request has.
      await upgrade(world.port, "/ws");
      return status;
    };
    return { ...world, answer, pass };
  }

  test("is 404 after 2 s, and their own later requests are not touched", async () => {
    const { answer, pass } = await startBeside(() => {});
    expect(await pass(1_900)).toBeUndefined();
    await pass(200);
    expect(await answer).toMatchObject({ status: 404, body: "Not found." });
  });

  test.each<[string, (request: object, socket: Duplex) => unknown]>([
    ["listens on the socket", (_, socket) => socket.on("error", () => {})],
    ["is async", async () => {}],
  ])("is 404 after 30 s where a listener %s", async (_, listener) => {
    const { answer, pass } = await startBeside(listener);
    expect(await pass(29_000)).toBeUndefined();
    await pass(2_000);
    expect((await answer).status).toBe(404);
  });

  test("is not answered where somebody has answered late", async () => {
    const answerTeapot = (_: object, socket: Duplex) => {
      socket.on("error", () => {});
      setTimeout(() => socket.end("HTTP/1.1 418 I'm a teapot\r\n\r\n"), 5_000);
    };
    const { answer, pass, errors } = await startBeside(answerTeapot);
    expect(await pass(4_000)).toBeUndefined();
    await pass(40_000);
    expect((await answer).status).toBe(418);
    expect(errors).toEqual([]);
  });

  test("is not answered where somebody has made a WebSocket of it late", async () => {
    const { hub, server, url } = await start();
    serve(hub, server, { path: "/ws" });
    const theirs = new WebSocketServer({
      server,
      path: "/theirs",
      verifyClient: (_, done) => void setTimeout(() => done(true), 3_000),
    });
    greet(theirs);
    expect(await greetingOf(`${url}/theirs`)).toBe("theirs");
  });

  test("is 404 at once where there is no other listener", async () => {
    const { hub, server, port } = await start();
    serve(hub, server, { path: "/ws" });
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    expect((await upgrade(port, "/wrong")).status).toBe(404);
  });

  test("may lose its peer in any way", async () => {
    const { hub, server, port, url } = await start();
    serve(hub, server, { path: "/ws" });
    for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
      const left = new Promise<Duplex>((resolve) => {
        server.once("upgrade", (_, socket) => resolve(socket));
      });
      server.on("upgrade", () => {});
      const peer = await tcp(port);
      peer.write(`GET /wrong HTTP/1.1\r\n${REQUEST}`);
      const socket = await left;
      // Not `once` of Node, which listens for errors too.
      const gone = new Promise<void>((resolve) => socket.on("close", () => resolve()));
      peer[leave]();
      await gone;
    }
    await enter(`${url}/ws`);
  });
});
