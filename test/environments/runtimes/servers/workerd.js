import { UpgradeGuard } from "roomcast";
import { accept, handshakeFrom } from "roomcast/websocket";
import { authenticate, createHub } from "./site.js";

/** The sockets of one hub live in one object: Workers do not share them between requests. */
export class Site {
  #hub = createHub();
  #guard = new UpgradeGuard(this.#hub, { authenticate });

  async fetch(request) {
    const handshake = handshakeFrom(request, request.headers.get("CF-Connecting-IP") ?? "");
    const admission = await this.#guard.admit(handshake);
    if (!admission.isAdmitted) return new Response(admission.text, admission);
    const [theirs, ours] = Object.values(new WebSocketPair());
    accept(this.#hub, ours, admission);
    return new Response(null, { status: 101, webSocket: theirs });
  }
}

// The runtime asks for a default export.
export default {
  fetch: (request, { SITE }) => SITE.get(SITE.idFromName("site")).fetch(request),
};
