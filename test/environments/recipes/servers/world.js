import { UpgradeGuard } from "roomcast";
import { authenticate, createHub } from "./site.js";

/** What the recipes take from their page's introduction: the names are those of the docs. */
export const hub = createHub();
const places = Number(process.env.PLACES) || undefined;
export const guard = new UpgradeGuard(hub, {
  // Later, so that clients have sent something by then.
  authenticate: async (handshake) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return authenticate(handshake);
  },
  maxConnectionsPerIp: places,
});
export const port = 0;

/** Tells where the site is, and how it is closed by its own framework. */
export function listening(server, close) {
  hub.handle("close_site", () => void close());
  console.log(`listening ${server.address().port}`);
}
