import { once } from "node:events";
import { createRequire } from "node:module";
import { Hub, type RoomcastError } from "roomcast";
import { attach, serve } from "roomcast/ws";
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

type ServerOptions = NonNullable<ConstructorParameters<typeof WebSocketServer>[0]>;

const alice = { id: "alice", name: "Alice" };
const REQUEST =
  "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

afterEach(() => vi.restoreAllMocks());

/** A hub that keeps its errors, on a server that is still to be served. */
async function start() {
  const hub = closeAfterwards(new Hub());
  const errors: RoomcastError[] = [];
  hub.on("error", ({ error }) => errors.push(error));
  const { server, port } = await startServer();
  return { hub, errors, server, port, url: `ws://127.0.0.1:${port}/` };
}

/** Somebody else's server, which greets and echoes. */
function startOther(options: ServerOptions, Server = WebSocketServer): void {
  new Server(options).on("connection", (ws) => {
    ws.send("theirs");
    ws.on("message", (data) => ws.send(`${data}`));
  });
}

function createSockets(): WebSocketServer {
  return new WebSocketServer({ noServer: true });
}

/** A client of the other server, which is checked to go on working. */
async function visitOther(url: string): Promise<WebSocket> {
  const ws = new WebSocket(url);
  afterwards(() => ws.terminate());
  const [greeting] = await once(ws, "message");
  expect(String(greeting)).toBe("theirs");
  return ws;
}

async function echo(ws: WebSocket): Promise<void> {
  ws.send("still there?");
  expect(String((await once(ws, "message"))[0])).toBe("still there?");
}

/** Another copy of `ws`, as two packages of one program may have. */
function loadAnotherCopy(): typeof WebSocketServer {
  const require = createRequire(import.meta.url);
  for (const file of Object.keys(require.cache)) {
    if (/node_modules\/ws\//.test(file)) delete require.cache[file];
  }
  const { WebSocketServer: Other } = require("ws");
  expect(Other).not.toBe(WebSocketServer);
  return Other;
}

const now = (answer: typeof alice | null) => () => answer;
const later = (answer: typeof alice | null) => async () => {
  await new Promise((resolve) => setImmediate(resolve));
  return answer;
};

describe("an upgrade that another listener of the HTTP server takes as well", () => {
  const copies = { "the same ws": WebSocketServer, "another copy of ws": loadAnotherCopy() };

  describe.each(["before", "after"])("which was there %s", (place) => {
    test.each([
      ["the same ws", "admitted at once", now(alice)],
      ["the same ws", "admitted later", later(alice)],
      ["the same ws", "refused at once", now(null)],
      ["the same ws", "refused later", later(null)],
      ["another copy of ws", "admitted at once", now(alice)],
      ["another copy of ws", "admitted later", later(alice)],
      ["another copy of ws", "refused later", later(null)],
    ] as const)("is theirs, and reported: %s, %s", async (copy, _, authenticate) => {
      const { hub, errors, server, url } = await start();
      const options = { authenticate, maxConnections: 1 };
      if (place === "before") startOther({ server }, copies[copy]);
      attach(hub, new WebSocketServer({ server }), options);
      if (place === "after") startOther({ server }, copies[copy]);

      const clients: WebSocket[] = [];
      // Each place is given back at once, or the second request would be over the limit.
      for (let n = 1; n <= 3; n++) {
        clients.push(await visitOther(`${url}?token=secret`));
        await expect.poll(() => errors.length).toBe(n);
      }
      for (const { code, message, cause } of errors) {
        expect(code).toBe("SOCKET_FAILED");
        expect(message).toMatch(/"\/" was answered by another "upgrade" listener.* noServer: true/);
        expect(cause).toBeInstanceOf(Error);
      }
      for (const ws of clients) await echo(ws);
      expect(hub.clients.size).toBe(0);
    });
  });

  test("is left to whoever writes an answer, in whatever way", async () => {
    const { hub, errors, server, port } = await start();
    attach(hub, new WebSocketServer({ server }), { authenticate: later(alice) });
    server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 418 I'm a teapot\r\n\r\n"));
    expect((await upgrade(port, "/")).status).toBe(418);
    await expect.poll(() => errors.map(({ code }) => code)).toEqual(["SOCKET_FAILED"]);
  });

  test.each(["before", "after"])(
    "is reported where they hang up, %s the hub sees it",
    async (place) => {
      const { hub, errors, server, port } = await start();
      const hangUp = () => server.on("upgrade", (_, socket) => socket.end());
      if (place === "before") hangUp();
      attach(hub, new WebSocketServer({ server }), { authenticate: later(alice) });
      if (place === "after") hangUp();
      await expect(upgrade(port, "/")).rejects.toThrow("socket hang up");
      await expect
        .poll(() => errors)
        .toMatchObject([
          { code: "SOCKET_FAILED", cause: { message: "Somebody else ended the socket." } },
        ]);
    },
  );

  test.each(["before", "after"])(
    "is reported where a server of another path was there %s",
    async (place) => {
      const { hub, errors, server, port } = await start();
      const other = () => new WebSocketServer({ server, path: "/theirs" });
      if (place === "before") other();
      attach(hub, new WebSocketServer({ server, path: "/" }), { authenticate: later(alice) });
      if (place === "after") other();
      expect((await upgrade(port, "/")).status).toBe(400);
      await expect.poll(() => errors.map(({ code }) => code)).toEqual(["SOCKET_FAILED"]);
    },
  );

  test("gives its place back once, also when their connection ends", async () => {
    const { hub, errors, server, port, url } = await start();
    const [ours, theirs] = [createSockets(), createSockets()];
    attach(hub, ours, { maxConnections: 1 });
    const takers = [theirs, ours];
    server.on("upgrade", (request, socket, head) => {
      for (const sockets of takers) {
        sockets.handleUpgrade(request, socket, head, (ws) => {
          sockets.emit("connection", ws, request);
        });
      }
    });
    theirs.on("connection", (ws) => ws.send("theirs"));
    const ws = await visitOther(url);
    await expect.poll(() => errors.length).toBe(1);
    ws.terminate();
    await expect.poll(() => theirs.clients.size).toBe(0);
    takers.shift();
    await Remote.open(url);
    expect((await upgrade(port, "/")).status).toBe(429);
  });

  test("is reported where one listener is registered twice, and the client stays", async () => {
    const { hub, errors, server, url } = await start();
    const sockets = createSockets();
    attach(hub, sockets, { authenticate: later(alice) });
    for (let n = 0; n < 2; n++) {
      server.on("upgrade", (request, socket, head) => {
        sockets.handleUpgrade(request, socket, head, (ws) => {
          sockets.emit("connection", ws, request);
        });
      });
    }
    await (await Remote.open(url)).ask(join("general"));
    expect(errors.map(({ code }) => code)).toEqual(["SOCKET_FAILED"]);
    expect(hub.clients.size).toBe(1);
  });

  test("is nobody's business where the peer is gone meanwhile", async () => {
    const { hub, errors, server, port, url } = await start();
    let admit: (user: typeof alice) => void = () => {};
    const asked = new Promise<void>((resolve) => {
      serve(hub, server, {
        maxConnections: 1,
        authenticate: ({ token }) => {
          if (token !== "slow") return alice;
          resolve();
          return new Promise((answer) => {
            admit = answer;
          });
        },
      });
    });
    const impatient = await tcp(port);
    impatient.write(`GET /?token=slow HTTP/1.1\r\n${REQUEST}`);
    await asked;
    impatient.resetAndDestroy();
    await expect
      .poll(() => new Promise<number>((r) => server.getConnections((_, n) => r(n))))
      .toBe(0);
    admit(alice);
    await (await Remote.open(url)).ask(join("general"));
    expect(errors).toEqual([]);
  });
});

describe("a verifyClient that fails", () => {
  const failure = new Error("no database");
  const failing: [string, ServerOptions["verifyClient"]][] = [
    [
      "throws",
      () => {
        throw failure;
      },
    ],
    [
      "throws instead of calling back",
      (_, _done) => {
        throw failure;
      },
    ],
    ["rejects", (() => Promise.reject(failure)) as unknown as () => boolean],
    [
      "rejects instead of calling back",
      ((_: unknown, _done: unknown) => Promise.reject(failure)) as unknown as () => boolean,
    ],
  ];

  test.each(failing)("is answered with 503 and reported: it %s", async (_, verifyClient) => {
    const { hub, errors, server, port } = await start();
    attach(hub, new WebSocketServer({ server, verifyClient }), { maxConnections: 1 });
    const { status, headers } = await upgrade(port, "/");
    expect([status, headers["retry-after"]]).toEqual([503, "5"]);
    expect(errors).toMatchObject([{ code: "HANDLER_FAILED", cause: failure }]);
    expect((await upgrade(port, "/")).status).toBe(503);
  });

  test.each(failing)("leaves another server's connection alone: it %s", async (_, verifyClient) => {
    const { hub, errors, server, url } = await start();
    attach(hub, new WebSocketServer({ server, verifyClient }));
    startOther({ server });
    const ws = await visitOther(url);
    await expect
      .poll(() => errors.map(({ code }) => code))
      .toEqual(["HANDLER_FAILED", "SOCKET_FAILED"]);
    await echo(ws);
  });

  test("does not when it fails after it has answered", async () => {
    const { hub, errors, server, url } = await start();
    const verifyClient: ServerOptions["verifyClient"] = (_, done) => {
      done(true);
      done(true);
      done(false, 418);
      throw failure;
    };
    attach(hub, new WebSocketServer({ server, verifyClient }), { maxConnections: 2 });
    for (let n = 0; n < 2; n++) await (await Remote.open(url)).ask(join("general"));
    expect(hub.clients.size).toBe(2);
    expect(errors).toEqual([]);
  });

  test("is waited for, where it is asynchronous: a promise is no yes", async () => {
    const { hub, server, port } = await start();
    const verifyClient = (async ({ origin }: { origin: string }) =>
      origin === "https://good.example") as unknown as () => boolean;
    attach(hub, new WebSocketServer({ server, verifyClient }), { origins: "all" });
    const from = async (Origin: string) => (await upgrade(port, "/", { Origin })).status;
    expect(await from("https://bad.example")).toBe(401);
    expect(await from("https://good.example")).toBe(101);
  });
});

describe("code of the application that throws while an upgrade is answered", () => {
  const fail = () => {
    throw new Error("a bug");
  };
  const protocol = { "Sec-WebSocket-Protocol": "x" };

  test.each<[string, (sockets: WebSocketServer) => unknown]>([
    ["handleProtocols", ({ options }) => Object.assign(options, { handleProtocols: fail })],
    ["a listener of headers", (sockets) => sockets.once("headers", fail)],
  ])("is reported, and answered with 503: %s", async (_, prepare) => {
    const { hub, errors, server, port, url } = await start();
    const sockets = new WebSocketServer({ server });
    attach(hub, sockets, { maxConnections: 1 });
    prepare(sockets);
    expect((await upgrade(port, "/", protocol)).status).toBe(503);
    expect(errors).toMatchObject([{ code: "HANDLER_FAILED", cause: { message: "a bug" } }]);
    await Remote.open(url);
    expect((await upgrade(port, "/")).status).toBe(429);
  });

  test("is reported, and the connection dropped, where the hub never heard of it", async () => {
    const { hub, errors, server, port, url } = await start();
    const sockets = new WebSocketServer({ server }).once("connection", fail);
    attach(hub, sockets, { maxConnections: 1 });
    expect((await (await Remote.open(url)).closed).code).toBe(1006);
    expect(errors).toMatchObject([{ code: "HANDLER_FAILED", cause: { message: "a bug" } }]);
    await Remote.open(url);
    expect((await upgrade(port, "/")).status).toBe(429);
  });

  test("is reported, and the client stays, where the hub has it already", async () => {
    const { hub, errors, server, port, url } = await start();
    const sockets = new WebSocketServer({ server });
    attach(hub, sockets, { maxConnections: 1 });
    sockets.once("connection", fail);
    await (await Remote.open(url)).ask(join("general"));
    expect(errors).toMatchObject([{ code: "HANDLER_FAILED", cause: { message: "a bug" } }]);
    expect((await upgrade(port, "/")).status).toBe(429);
  });
});

describe("serve", () => {
  test("reports what ws throws, drops the request, and goes on", async () => {
    const { hub, errors, server, port, url } = await start();
    serve(hub, server);
    const cause = new Error("ws has a bug");
    vi.spyOn(WebSocketServer.prototype, "handleUpgrade").mockImplementationOnce(() => {
      throw cause;
    });
    await expect(upgrade(port, "/")).rejects.toThrow("socket hang up");
    expect(errors).toMatchObject([{ code: "SOCKET_FAILED", cause }]);
    await Remote.open(url);
  });
});
