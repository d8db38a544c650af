import { accept, handshakeFrom } from "roomcast/websocket";
import { authenticate, createHub } from "./site.js";

const hub = createHub();

Deno.serve({
  port: 0,
  hostname: "127.0.0.1",
  onListen: ({ port }) => console.log(`listening ${port}`),
  handler(request, { remoteAddr }) {
    const handshake = handshakeFrom(request, remoteAddr.hostname);
    const user = authenticate(handshake);
    if (user === undefined) return new Response("Who is it?", { status: 401 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    accept(hub, socket, { user, handshake });
    return response;
  },
});
