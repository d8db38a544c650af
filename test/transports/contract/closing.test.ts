import type { Client, Clock, HubOptions, UpgradeOptions } from "roomcast";
import { describe, expect, test } from "vitest";
import { nextEvent } from "../../support/net.js";
import { closeFrame, connectionsAt, frame, Opcode, RawPeer } from "../../support/raw-peer.js";
import { join } from "../../support/world.js";
import { FLOOD, startSite } from "./site.js";
import { transports } from "./transports.js";

/** A clock that is five times as fast: what ends within 5 s ends within one. */
const RATE = 5;
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * RATE,
  setImmediate: (callback) => void setImmediate(callback),
  setTimeout: (callback, ms) => setTimeout(callback, ms / RATE),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** More than the kernel's buffers hold. */
const MUCH = FLOOD.text.repeat(200);

describe.each(transports.filter(({ hasGate }) => hasGate))("$name", (transport) => {
  async function start(options: HubOptions = { clock }, gate?: UpgradeOptions) {
    const site = await startSite(transport, options, gate);
    const port = site.site.port as number;
    const open = async (name: string) => {
      const connected = nextEvent<{ client: Client }>(site.hub, "connect");
      const peer = await RawPeer.open(port, name);
      return { peer, client: (await connected).client };
    };
    return { ...site, port, open };
  }

  /** Reads some of what waits, then stops again. */
  async function readOnce(peer: RawPeer): Promise<void> {
    const before = peer.bytes;
    peer.socket.resume();
    // On a busy machine it may have been cut first.
    const { socket } = peer;
    const isOver = () => socket.readableEnded || socket.destroyed;
    while (peer.bytes - before < 1_000_000 && !isOver()) await pause(1);
    peer.socket.pause();
  }

  test("a connection that is told to close is gone within 5 s, whatever the peer does", async () => {
    const { hub, port, open } = await start();
    const names = ["never reads", "reads once", "does not answer", "answers, no more"];
    const [unread, once, silent, open2] = await Promise.all(
      names.map(async (_, index) => {
        await pause(index * 20);
        return open(`p${index}`);
      }),
    );
    if (!unread || !once || !silent || !open2) throw new Error("Somebody is missing.");
    for (const { peer, client } of [unread, once]) {
      peer.socket.pause();
      client.send("much", MUCH);
    }
    await pause(50);
    const closedAt = performance.now();
    for (const client of [...hub.clients]) client.close(4_500, "Out.");
    open2.peer.socket.write(closeFrame(4_500));
    await readOnce(once.peer);
    await expect.poll(() => hub.clients.size, { timeout: 8_000 }).toBe(0);
    await expect.poll(() => connectionsAt(port), { timeout: 8_000 }).toBe(0);
    expect(performance.now() - closedAt).toBeLessThan(6_000);
    expect(silent.peer.code).toBe(4_500);
  }, 15_000);

  test("a peer that says goodbye leaves its rooms at once, and is gone within 5 s", async () => {
    const { hub, port, connect, open } = await start();
    const { remote } = await connect("Witness", "general");
    const { peer, client } = await open("p");
    peer.socket.write(frame(Opcode.text, JSON.stringify(join("general"))));
    expect(await remote.next()).toMatchObject({ type: "user_joined" });
    const saidAt = performance.now();
    peer.socket.write(closeFrame(1000));
    expect(await remote.next()).toMatchObject({ type: "user_left", payload: { reason: "left" } });
    expect(performance.now() - saidAt).toBeLessThan(1_000);
    expect(client.isOpen).toBe(false);
    await expect.poll(() => hub.clients.size, { timeout: 8_000 }).toBe(1);
    await expect.poll(() => connectionsAt(port), { timeout: 8_000 }).toBe(1);
    expect(performance.now() - saidAt).toBeLessThan(6_000);
  }, 15_000);

  test("a peer that ends its half, or fails, while data waits is gone within 5 s", async () => {
    const { hub, port, open } = await start();
    const ended = await open("ended");
    const broken = await open("broken");
    for (const { peer, client } of [ended, broken]) {
      peer.socket.pause();
      client.send("much", MUCH);
    }
    await pause(50);
    const endedAt = performance.now();
    ended.peer.socket.end();
    broken.peer.socket.write(Buffer.from([0xff, 0xff, 0, 0, 0, 0]));
    await expect.poll(() => hub.clients.size, { timeout: 8_000 }).toBe(0);
    await expect.poll(() => connectionsAt(port), { timeout: 8_000 }).toBe(0);
    expect(performance.now() - endedAt).toBeLessThan(6_000);
  }, 15_000);

  test("a place is given back when the connection is gone, not before", async () => {
    const { hub, port, open } = await start({ clock }, { maxConnectionsPerIp: 1 });
    const { peer, client } = await open("p");
    peer.socket.pause();
    client.send("much", MUCH);
    await pause(50);
    client.close(4_500, "Out.");
    await readOnce(peer);
    await expect(RawPeer.open(port, "early")).rejects.toThrow("429");
    await expect.poll(() => hub.clients.size, { timeout: 8_000 }).toBe(0);
    await open("later");
  }, 15_000);

  test("a code arrives after all that waits, where the peer reads on in time", async () => {
    // This takes as long as it takes: the time is real.
    const { open } = await start({});
    const { peer, client } = await open("p");
    peer.socket.pause();
    for (let n = 0; n < 150; n++) client.send("n", FLOOD.text);
    await pause(50);
    client.close(4_500, "Out.");
    await pause(2_000);
    peer.socket.resume();
    await expect.poll(() => peer.code, { timeout: 2_500 }).toBe(4_500);
    expect(peer.texts).toHaveLength(150);
  }, 15_000);

  test("a hub that closes has sent what is queued, and the code, when the promise resolves", async () => {
    const { hub, open } = await start();
    const { peer, client } = await open("p");
    peer.socket.pause();
    for (let n = 0; n < 200; n++) client.send("n", FLOOD.text);
    const closed = hub.close();
    await pause(300);
    peer.socket.on("end", () => peer.socket.end());
    peer.socket.resume();
    // As clients do: the answer to a close frame is one.
    await expect.poll(() => peer.code, { timeout: 4_000, interval: 5 }).toBe(1001);
    if (!peer.socket.writableEnded) peer.socket.end(closeFrame(1001));
    await closed;
    expect(peer.texts).toHaveLength(200);
  }, 15_000);
});
