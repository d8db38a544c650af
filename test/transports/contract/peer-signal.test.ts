import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { afterwards, tcp } from "../../support/net.js";
import { startSite } from "./site.js";
import { transports } from "./transports.js";

const UPGRADE = [
  "GET /?token=Alice HTTP/1.1",
  "Host: 127.0.0.1",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "\r\n",
].join("\r\n");

const gates = transports.filter(({ hasGate }) => hasGate);

describe.each(gates)("while authenticate takes its time, $name", (transport) => {
  /** A request that is being authenticated, its signal, and how to answer it. */
  async function asking(socket: (port: number) => Promise<ReturnType<typeof connect>>) {
    let answer = () => {};
    let asked = (_: AbortSignal) => {};
    const signal = new Promise<AbortSignal>((resolve) => {
      asked = resolve;
    });
    const { site, hub } = await startSite(
      transport,
      {},
      {
        authenticate: (handshake) => {
          asked(handshake.signal);
          return new Promise((resolve) => {
            answer = () => resolve({ id: "alice", name: "Alice" });
          });
        },
      },
    );
    const peer = await socket(site.port ?? 0);
    peer.write(UPGRADE);
    return { hub, peer, signal: await signal, answer: () => answer() };
  }

  test.each<[string, (peer: ReturnType<typeof connect>) => unknown]>([
    ["hangs up", (peer) => peer.end()],
    ["breaks the connection", (peer) => peer.resetAndDestroy()],
  ])("tells by a signal that the peer %s, and lets nobody in", async (_, leave) => {
    const { hub, peer, signal, answer } = await asking(tcp);
    expect(signal.aborted).toBe(false);
    const aborted = once(signal, "abort");
    leave(peer);
    await aborted;
    answer();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(hub.clients.size).toBe(0);
  });

  test("lets a peer in that stays, with what it has sent meanwhile", async () => {
    const { hub, peer, signal, answer } = await asking(async (port) => {
      const socket = connect(port, "127.0.0.1");
      afterwards(() => socket.destroy());
      return socket;
    });
    const heard = new Promise<string>((resolve) => {
      let text = "";
      peer.on("data", (data) => {
        text += data.toString("latin1");
        if (text.includes('"pong"')) resolve(text);
      });
    });
    const text = Buffer.from('{"type":"ping","id":"1"}');
    const ping = Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]);
    // Early, which the protocol does not allow, it waits in the socket; uWebSockets.js throws it away.
    if (transport.name.startsWith("ws")) peer.write(ping);
    else peer.once("data", () => peer.write(ping));
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer();
    expect(await heard).toMatch(/^HTTP\/1\.1 101/);
    expect([hub.clients.size, signal.aborted]).toEqual([1, false]);
  });
});
