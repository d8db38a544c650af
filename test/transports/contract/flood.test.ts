import type { Client } from "roomcast";
import { describe, expect, test } from "vitest";
import { nextEvent } from "../../support/net.js";
import { closeFrame, connectionsAt, frame, Opcode, RawPeer } from "../../support/raw-peer.js";
import { startSite } from "./site.js";
import { transports } from "./transports.js";

const many = (frame: Buffer) => Buffer.concat(Array(1_000).fill(frame));

const floods: [string, Buffer][] = [
  ["messages", many(frame(Opcode.text, '{"type":"ping"}'))],
  ["empty pings", many(frame(Opcode.ping))],
  ["pings of 125 bytes", many(frame(Opcode.ping, "x".repeat(125)))],
  ["pongs", many(frame(Opcode.pong))],
];

describe.each(transports.filter(({ hasGate }) => hasGate))("$name", (transport) => {
  async function open(isReading = true) {
    const { hub, site } = await startSite(transport);
    const port = site.port as number;
    const connected = nextEvent<{ client: Client }>(hub, "connect");
    const peer = await RawPeer.open(port, "p");
    if (!isReading) peer.socket.pause();
    return { hub, port, peer, client: (await connected).client };
  }

  test.each(floods)(
    "a flood of %s ends with 1008, or is cut by the transport",
    async (_, flood) => {
      const { hub, port, peer } = await open();
      const disconnected = nextEvent(hub, "disconnect");
      const over = peer.flood(flood);
      expect(await disconnected).toMatchObject({ code: expect.any(Number) });
      // The network of ws is cut after a second, that of uWebSockets.js when its own time is over.
      await expect.poll(() => connectionsAt(port), { timeout: 6_000 }).toBe(0);
      await over;
      expect([1008, undefined]).toContain(peer.code);
    },
    15_000,
  );

  test("pings of a peer that does not read leave no more than their answers waiting", async () => {
    const { hub, peer, client } = await open(false);
    let most = 0;
    const over = peer.flood(many(frame(Opcode.ping, "x".repeat(125))), () => {
      most = Math.max(most, client.bufferedAmount);
      return !client.isOpen;
    });
    await over;
    expect(most).toBeLessThan(1_048_576);
    await expect.poll(() => hub.clients.size, { timeout: 7_000 }).toBe(0);
  }, 15_000);

  test("what follows a goodbye is not read for long", async () => {
    const { hub, port, peer } = await open();
    peer.socket.write(closeFrame(1000));
    await peer.flood(many(frame(Opcode.text, '{"type":"ping"}')), () => hub.clients.size === 0);
    expect(hub.stats().received).toBe(0);
    await expect.poll(() => connectionsAt(port), { timeout: 6_000 }).toBe(0);
  }, 15_000);

  test.runIf(transport.name.startsWith("ws"))(
    "a message has a bounded number of pieces",
    async () => {
      const { hub, peer } = await open();
      hub.handle("ping", (client) => client.send("pong"));
      const pieces = (count: number) =>
        Buffer.concat([
          frame(Opcode.text, '{"type":"ping"}', false),
          ...Array(count - 2).fill(frame(Opcode.continuation, "", false)),
          frame(Opcode.continuation),
        ]);
      await peer.write(pieces(64));
      await expect.poll(() => peer.texts.length).toBe(1);
      await peer.write(pieces(65));
      await expect.poll(() => peer.code).toBe(1008);
    },
  );
});
