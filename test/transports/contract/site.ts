import { randomBytes } from "node:crypto";
import { type Client, Hub, type HubOptions, type UpgradeOptions } from "roomcast";
import { closeAfterwards, nextEvent } from "../../support/net.js";
import { join } from "../../support/world.js";
import type { Transport } from "./transport.js";

const authenticate: UpgradeOptions["authenticate"] = ({ token }) =>
  token === undefined ? undefined : { id: token.toLowerCase(), name: token };

/** A burst that no kernel's socket buffers hold, and no compression makes small. */
export const FLOOD = { messages: 250, text: randomBytes(75_000).toString("base64") };

/** A hub that can be reached by one transport until the test ends, and a way to connect to it. */
export async function startSite(
  { open }: Transport,
  options: HubOptions = {},
  gate: UpgradeOptions = {},
) {
  const hub = closeAfterwards(new Hub(options));
  const site = await open(hub, { authenticate, ...gate });
  const connect = async (name: string, ...rooms: string[]) => {
    const connected = nextEvent<{ client: Client }>(hub, "connect");
    const remote = await site.connect(name);
    const { client } = await connected;
    for (const room of rooms) {
      remote.send(join(room, room));
      while ((await remote.next()).id !== room);
    }
    return { remote, client };
  };
  return { hub, site, connect };
}
