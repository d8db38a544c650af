import { UpgradeGuard } from "roomcast";
import { accept, handshakeFrom } from "roomcast/websocket";
import { authenticate, createHub } from "./site.js";

const hub = createHub();
const guard = new UpgradeGuard(hub, { authenticate });

Deno.serve({
  port: 0,
  hostname: "127.0.0.1",
  onListen: ({ port }) => console.log(`listening ${port}`),
  async handler(request, { remoteAddr }) {
    const admission = await guard.admit(handshakeFrom(request, remoteAddr.hostname));
    if (!admission.isAdmitted) return new Response(admission.text, admission);
    const { socket, response } = Deno.upgradeWebSocket(request);
    accept(hub, socket, admission);
    return response;
  },
});
