import { Hub } from "roomcast";
import { attach } from "roomcast/ws";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { closeAfterwards, Remote, startServer, tcp, upgrade } from "../../../support/net.js";
import { join, say } from "../../../support/world.js";

type ServerOptions = ConstructorParameters<typeof WebSocketServer>[0];

async function start(options: ServerOptions = {}, ...[attachOptions]: [object?]) {
  const hub = closeAfterwards(new Hub());
  const { server, port } = await startServer();
  const sockets = new WebSocketServer({ server, ...options });
  attach(hub, sockets, { authenticate: ({ token }) => named(token), ...attachOptions });
  return { hub, sockets, port, url: `ws://127.0.0.1:${port}` };
}

function named(token: string | undefined) {
  if (token === undefined) return undefined;
  return { id: token.toLowerCase(), name: token };
}

describe("attach", () => {
  test("makes the connections of a server that stands already clients of the hub", async () => {
    const { hub, url } = await start();
    const [alice, bob] = [
      await Remote.open(`${url}?token=Alice`),
      await Remote.open(`${url}?token=Bob`),
    ];
    for (const remote of [alice, bob]) await remote.ask(join("general"));
    await alice.ask(say("general", "hi"));
    expect(await bob.next()).toMatchObject({ type: "new_message", payload: "hi" });
    expect(hub.onlineCount).toBe(2);
  });

  test("refuses before there is a WebSocket", async () => {
    const { sockets, port } = await start();
    let connections = 0;
    sockets.on("connection", () => connections++);
    expect((await upgrade(port, "/")).status).toBe(401);
    expect(connections).toBe(0);
  });

  test("asks a verifyClient of yours first, in either form", async () => {
    for (const verifyClient of [
      ({ origin }: { origin: string }) => origin === "https://good.example",
      ({ origin }: { origin: string }, done: (ok: boolean, status?: number) => void) =>
        done(origin === "https://good.example", 418),
    ]) {
      const { port } = await start({ verifyClient } as ServerOptions, { origins: "all" });
      const from = (origin: string, path = "/?token=x") => upgrade(port, path, { Origin: origin });
      expect((await from("https://bad.example")).status).not.toBe(101);
      expect((await from("https://good.example", "/")).status).toBe(401);
      expect((await from("https://good.example")).status).toBe(101);
    }
  });

  test("keeps to a server's own path and subprotocol choice", async () => {
    const { port, url } = await start({
      path: "/ws",
      handleProtocols: (protocols) => [...protocols][1] ?? false,
    });
    expect((await upgrade(port, "/?token=x")).status).toBe(400);
    const remote = await Remote.open(`${url}/ws?token=x`, ["one", "two"]);
    expect(remote.ws.protocol).toBe("two");
  });

  test("lowers maxPayload to what the hub takes, and never raises it", async () => {
    expect((await start()).sockets.options.maxPayload).toBe(4_096);
    expect((await start({ maxPayload: 100 })).sockets.options.maxPayload).toBe(100);
    expect((await start({ maxPayload: 0 })).sockets.options.maxPayload).toBe(4_096);
  });

  test("takes one hub per server", async () => {
    const { hub, sockets } = await start();
    expect(() => attach(hub, sockets)).toThrow(/has a hub already/);
  });

  test("without authenticate lets in guests", async () => {
    const hub = closeAfterwards(new Hub());
    const { server, port } = await startServer();
    attach(hub, new WebSocketServer({ server }));
    const guest = await Remote.open(`ws://127.0.0.1:${port}`);
    const info = await guest.ask(join("general"));
    expect(info).toMatchObject({ payload: { count: 1, users: [{ name: /^guest-/ }] } });
  });

  test("lets nobody in who has not been through the gate", async () => {
    const hub = closeAfterwards(new Hub());
    const { server, port } = await startServer();
    const sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => {
      new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, head, (ws) => {
        sockets.emit("connection", ws, request);
      });
    });
    attach(hub, sockets);
    const failed = new Promise((resolve) => hub.once("error", resolve));
    const sneaky = await tcp(port);
    sneaky.write(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    // A frame with reserved bits: a protocol error, on a connection that is being closed.
    sneaky.write(new Uint8Array([0xff, 0x80, 0, 0, 0, 0]));
    expect(await failed).toMatchObject({ error: { code: "SOCKET_FAILED" }, client: undefined });
    expect((await (await Remote.open(`ws://127.0.0.1:${port}`)).closed).code).toBe(1008);
    expect(hub.clients.size).toBe(0);
  });

  test("leaves the server to its owner", async () => {
    const { hub, sockets, url } = await start();
    const alice = await Remote.open(`${url}?token=Alice`);
    await hub.close();
    expect(await alice.closed).toMatchObject({ code: 1001 });
    expect(sockets.clients.size).toBe(0);
    expect(sockets.address()).not.toBeNull();
  });
});
