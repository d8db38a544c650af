import { accept, handshakeFrom } from "roomcast/websocket";
import { authenticate, createHub } from "./site.js";

/** The sockets of one hub live in one object: Workers do not share them between requests. */
export class Site {
  #hub = createHub();

  fetch(request) {
    const handshake = handshakeFrom(request, request.headers.get("CF-Connecting-IP") ?? "");
    const user = authenticate(handshake);
    if (user === undefined) return new Response("Who is it?", { status: 401 });
    const [theirs, ours] = Object.values(new WebSocketPair());
    accept(this.#hub, ours, { user, handshake });
    return new Response(null, { status: 101, webSocket: theirs });
  }
}

// The runtime asks for a default export.
export default {
  fetch: (request, { SITE }) => SITE.get(SITE.idFromName("site")).fetch(request),
};
