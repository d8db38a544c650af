import { Hub, UpgradeGuard, type UpgradeOptions } from "roomcast";
import { accept as acceptStandard } from "roomcast/websocket";
import { accept, attach, handshakeFrom } from "roomcast/ws";
import { describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { closeAfterwards, Remote, startServer } from "../../../support/net.js";
import { join, say } from "../../../support/world.js";

const alice = { id: "alice", name: "Alice" };

/** A server that upgrades by itself, as frameworks do, and hands over each socket with its request. */
async function start(options: UpgradeOptions = {}) {
  const hub = closeAfterwards(new Hub({ heartbeat: { interval: 50, timeout: 100 } }));
  const guard = new UpgradeGuard(hub, options);
  const { server, port } = await startServer();
  const sockets = new WebSocketServer({ server });
  const url = `ws://127.0.0.1:${port}/`;
  /** Connects, and resolves with both ends. */
  const connect = async () => {
    const upgraded = new Promise<[WebSocket, Parameters<typeof handshakeFrom>[0]]>((resolve) => {
      sockets.once("connection", (ws, request) => {
        ws.pause();
        resolve([ws, request]);
      });
    });
    const remote = await Remote.open(url);
    const [ws, request] = await upgraded;
    return { remote, ws, request };
  };
  const admit = async (request: Parameters<typeof handshakeFrom>[0]) => {
    const admission = await guard.admit(handshakeFrom(request));
    if (!admission.isAdmitted) throw new Error(`refused with ${admission.status}`);
    return admission;
  };
  return { hub, guard, connect, admit };
}

describe("accept", () => {
  test("makes a client of a socket that a framework upgraded, and pings it", async () => {
    const { hub, connect, admit } = await start({ authenticate: () => alice });
    const { remote, ws, request } = await connect();
    const connected = new Promise((resolve) => hub.once("connect", resolve));
    accept(hub, ws, await admit(request));
    expect(await connected).toMatchObject({ client: { user: alice }, handshake: { url: "/" } });
    await remote.ask(join("general"));
    expect((await remote.ask(say("general", "hi"))).type).toBe("ack");
    await new Promise((resolve) => remote.ws.once("ping", resolve));
  });

  test("hears what arrived while the socket was paused", async () => {
    const { hub, connect } = await start();
    const { remote, ws } = await connect();
    const info = remote.ask(join("general"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    accept(hub, ws);
    expect((await info).type).toBe("room_info");
  });

  test("works without a guard, for a user of your own checks or for a guest", async () => {
    const { hub, connect } = await start();
    const [one, two] = [await connect(), await connect()];
    accept(hub, one.ws, { user: alice, handshake: handshakeFrom(one.request) });
    accept(hub, two.ws);
    expect([...hub.clients].map(({ user }) => user.name)).toEqual([
      "Alice",
      expect.stringMatching(/^guest-/),
    ]);
  });

  test("gives the place back when the connection is gone", async () => {
    const { hub, guard, connect, admit } = await start({ maxConnections: 1 });
    const { remote, ws, request } = await connect();
    accept(hub, ws, await admit(request));
    expect(await guard.admit(handshakeFrom(request))).toMatchObject({ status: 429 });
    remote.cut();
    await expect
      .poll(() => guard.admit(handshakeFrom(request)))
      .toMatchObject({ isAdmitted: true });
  });

  test("refuses a closed socket, one that has a hub, and one of another make; the place comes back", async () => {
    const { hub, guard, connect, admit } = await start({ maxConnections: 1 });
    const [closed, taken, standard] = [await connect(), await connect(), await connect()];
    closed.remote.cut();
    closed.ws.terminate();
    accept(hub, taken.ws);
    acceptStandard(hub, standard.ws);
    for (const [ws, text] of [
      [closed.ws, /The WebSocket is not open/],
      [taken.ws, /The WebSocket has a hub already/],
      [standard.ws, /The WebSocket has a hub already/],
      [Object.assign(Object.create(null), { readyState: 1 }), /use accept of roomcast\/websocket/],
    ] as const) {
      const admission = await admit(taken.request);
      expect(() => accept(hub, ws, admission)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringMatching(text) }),
      );
      expect(() => admission.claim()).toThrow(/released/);
    }
    expect(() => acceptStandard(hub, taken.ws)).toThrow(/has a hub already/);
    expect(hub.clients.size).toBe(2);
    expect(await guard.admit(handshakeFrom(taken.request))).toMatchObject({ isAdmitted: true });
  });

  test("refuses a socket of a server that is attached", async () => {
    const hub = closeAfterwards(new Hub());
    const { server, port } = await startServer();
    const sockets = new WebSocketServer({ server });
    attach(hub, sockets);
    const connected = new Promise<WebSocket>((resolve) => sockets.once("connection", resolve));
    await Remote.open(`ws://127.0.0.1:${port}/`);
    const ws = await connected;
    expect(() => accept(hub, ws)).toThrow(/has a hub already/);
  });

  test("refuses an admission that was used, or is none", async () => {
    const { hub, guard, connect, admit } = await start({ authenticate: () => alice });
    const [one, two] = [await connect(), await connect()];
    const admission = await admit(one.request);
    accept(hub, one.ws, admission);
    expect(() => accept(hub, two.ws, admission)).toThrow(/The admission was used before/);
    const later = guard.admit(handshakeFrom(two.request));
    expect(() => accept(hub, two.ws, later as never)).toThrow(/is a promise: await/);
    expect(hub.clients.size).toBe(1);
  });

  test("closes the socket with 1001 after hub.close", async () => {
    const { hub, connect } = await start();
    const { remote, ws } = await connect();
    await hub.close();
    accept(hub, ws);
    expect((await remote.closed).code).toBe(1001);
    await expect.poll(() => hub.clients.size).toBe(0);
  });
});
