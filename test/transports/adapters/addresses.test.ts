import { App, us_listen_socket_close, us_socket_local_port } from "uWebSockets.js";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { Hub } from "roomcast";
import { attach } from "roomcast/uws";
import { serve } from "roomcast/ws";
import { describe, expect, test } from "vitest";
import { afterwards, closeAfterwards, nextEvent, Remote } from "../../support/net.js";

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === "::1");

/** Makes a hub reachable by IPv4 and IPv6; returns the port. */
type Listen = (hub: Hub) => Promise<number>;

const overWs: Listen = async (hub) => {
  const server = createServer();
  serve(hub, server);
  server.listen(0, "::");
  await once(server, "listening");
  afterwards(() => server.close());
  return (server.address() as AddressInfo).port;
};

const overUws: Listen = (hub) => {
  const app = App();
  attach(hub, app);
  return new Promise((resolve) => {
    app.listen("::", 0, (listening) => {
      afterwards(() => us_listen_socket_close(listening));
      resolve(us_socket_local_port(listening));
    });
  });
};

describe.skipIf(!hasIPv6).each([
  ["ws", overWs],
  ["uWebSockets.js", overUws],
])("a server on %s that listens on IPv4 and IPv6", (_, listen) => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["[::1]", "::1"],
  ])("tells the address of a peer from %s in one spelling", async (host, ip) => {
    const hub = closeAfterwards(new Hub());
    const port = await listen(hub);
    const connected = nextEvent(hub, "connect");
    await Remote.open(`ws://${host}:${port}/`);
    expect(await connected).toMatchObject({ handshake: { ip } });
  });
});
