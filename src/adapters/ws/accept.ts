import type { AcceptOptions, Hub, User } from "../../index.js";
import { RoomcastError } from "../../protocol/errors.js";
import { claimPlace, releasePlace } from "../../transport/admission.js";
import { isTaken } from "../../transport/taken.js";
import { listen, OPEN, WsSocket } from "./socket.js";
import type { NetSocket, WsConnection } from "./types.js";

/**
 * Makes a `WebSocket` of `ws` a client of the hub, where a framework upgraded it: Fastify, Nest, Hono, and
 * others. The hub pings it, hears when it drains, and gives the place of an admission back when it is gone.
 * Call it in the same turn in which you were handed the socket: `ws` drops messages that nobody listens for.
 * To wait first, call the socket's `pause`; this function calls `resume`.
 *
 * @param admission What `guard.admit` of an `UpgradeGuard` resolved to, or `{ user, handshake }` of your own
 * checks. Without a user the client is a guest.
 * @throws RoomcastError `INVALID_OPTION` for a socket that is not open or has a hub already, for an admission
 * that was used, released or is none, and for a user without `id` and `name`.
 *
 * @example
 * ```ts
 * import { UpgradeGuard } from "roomcast";
 * import { accept, handshakeFrom } from "roomcast/ws";
 * import { WebSocketServer } from "ws";
 *
 * const guard = new UpgradeGuard(hub, { authenticate: ({ token }) => verify(token) });
 *
 * new WebSocketServer({ server }).on("connection", async (webSocket, request) => {
 *   webSocket.pause();
 *   const admission = await guard.admit(handshakeFrom(request));
 *   if (admission.isAdmitted) accept(hub, webSocket, admission);
 *   else webSocket.close(1008, admission.text);
 * });
 * ```
 *
 * @category Main
 */
export function accept<U extends User, D>(
  hub: Hub<U, D>,
  webSocket: WsConnection,
  admission: AcceptOptions<NoInfer<U>> = {},
): void {
  try {
    const net = netOf(webSocket);
    const place = claimPlace(admission);
    if (place !== undefined) webSocket.on("close", () => place.release());
    const receiver = hub.accept(new WsSocket(webSocket, net), admission);
    listen(webSocket, net, receiver, hub.limits.maxMessageBytes);
    webSocket.resume?.();
  } catch (error) {
    // No connection comes of it.
    releasePlace(admission);
    throw error;
  }
}

/** The network socket beneath an open connection of `ws` that has no hub yet. */
function netOf(webSocket: WsConnection): NetSocket {
  if (isTaken(webSocket)) throw unusable("has a hub already");
  if (webSocket.readyState !== OPEN) throw unusable("is not open");
  // Not public, and the same in each version 8: it is needed to see what waits, and when it drains.
  const net: unknown = Reflect.get(webSocket, "_socket");
  if (typeof net === "object" && net !== null) return net as NetSocket;
  throw unusable("is none of ws: for other WebSockets use accept of roomcast/websocket");
}

function unusable(why: string): RoomcastError {
  return new RoomcastError("INVALID_OPTION", `The WebSocket ${why}.`);
}
