import { Hub } from "roomcast";
import { accept, handshakeFrom, isAllowedOrigin } from "roomcast/websocket";
import { page } from "../chat/page.js";
import { userOf } from "../chat/public/name.js";

const hub = new Hub();

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
function upgrade(request, ip) {
  const handshake = handshakeFrom(request, ip);
  if (handshake.headers.upgrade?.toLowerCase() !== "websocket") return refusal(426);
  if (!isAllowedOrigin(handshake, "same")) return refusal(403);
  const user = userOf(handshake.token ?? ""); // Guests only: the token is the name.
  if (user === undefined) return refusal(401);
  const { socket, response } = Deno.upgradeWebSocket(request);
  accept(hub, socket, { user, handshake });
  return response;
}

function refusal(status) {
  return new Response(null, { status });
}

for (const signal of ["SIGINT", "SIGTERM"]) Deno.addSignalListener(signal, stop);

async function stop() {
  await hub.close({ timeout: 1_000 });
  await server.shutdown();
  Deno.exit();
}
