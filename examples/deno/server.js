import { Hub, UpgradeGuard } from "roomcast";
import { accept, handshakeFrom } from "roomcast/websocket";
import { page } from "../chat/page.js";
import { userOf } from "../chat/public/name.js";

const hub = new Hub();
const guard = new UpgradeGuard(hub, {
  authenticate: ({ token = "" }) => userOf(token), // Guests only: the token is the name.
});

const server = Deno.serve(
  {
    port: Number(Deno.env.get("PORT") ?? 8080),
    onListen: ({ port }) => console.log(`Chat is at http://localhost:${port}`),
  },
  (request, { remoteAddr }) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/ws") return upgrade(request, remoteAddr.hostname);
    if (pathname === "/ws/online") return Response.json({ online: hub.onlineCount });
    const { body, ...init } = page(request.method, pathname);
    return new Response(body, init);
  },
);

/** Who may come in is decided here, before there is a WebSocket. */
async function upgrade(request, ip) {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return new Response(null, { status: 426 });
  }
  const admission = await guard.admit(handshakeFrom(request, ip));
  if (!admission.isAdmitted) {
    const { status, headers, text } = admission;
    return new Response(text, { status, headers });
  }
  const { socket, response } = Deno.upgradeWebSocket(request);
  accept(hub, socket, admission);
  return response;
}

for (const signal of ["SIGINT", "SIGTERM"]) Deno.addSignalListener(signal, stop);

async function stop() {
  await hub.close({ timeout: 1_000 });
  await server.shutdown();
  Deno.exit();
}
