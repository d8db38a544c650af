import type { AcceptOptions, Hub, User } from "../../index.js";
import { RoomcastError } from "../../protocol/errors.js";
import { claimPlace, releasePlace } from "../../transport/admission.js";
import { isTaken } from "../../transport/taken.js";
import { StandardSocket } from "./socket.js";
import type { StandardWebSocket } from "./types.js";

/** `WebSocket.CONNECTING` and `WebSocket.OPEN` (WHATWG WebSockets, 3.1). */
const CONNECTING = 0;
const OPEN = 1;

/**
 * Makes a standard WebSocket a client of the hub, at once or when it opens. On Cloudflare Workers, leave it
 * to this function to call the socket's own `accept`.
 *
 * @param admission What `guard.admit` of an `UpgradeGuard` resolved to, whose place comes back when the
 * connection is gone; or `{ user, handshake }` of your own checks. Without a user the client is a guest.
 * @throws RoomcastError `INVALID_OPTION` for a socket that has closed or has a hub already, for an admission
 * that was used, released or is none, and for a user without `id` and `name`.
 *
 * @example
 * ```ts
 * const { socket, response } = Deno.upgradeWebSocket(request);
 * accept(hub, socket, { user, handshake: handshakeFrom(request) });
 * return response;
 * ```
 *
 * @category Main
 */
export function accept<U extends User, D>(
  hub: Hub<U, D>,
  webSocket: StandardWebSocket,
  admission: AcceptOptions<NoInfer<U>> = {},
): void {
  try {
    if (isTaken(webSocket)) throw unusable("has a hub already");
    webSocket.accept?.();
    const { readyState } = webSocket;
    if (readyState !== OPEN && readyState !== CONNECTING) throw unusable("has closed");
    const place = claimPlace(admission);
    const socket = new StandardSocket(webSocket, hub.runtime.clock, place);
    const join = () => socket.listen(hub.accept(socket, admission));
    if (readyState === OPEN) join();
    else whenOpen(webSocket, join);
  } catch (error) {
    // No connection comes of it.
    releasePlace(admission);
    throw error;
  }
}

/** Runs `callback` once, when a WebSocket opens. */
function whenOpen(webSocket: StandardWebSocket, callback: () => void): void {
  const open = () => {
    webSocket.removeEventListener("open", open);
    callback();
  };
  webSocket.addEventListener("open", open);
}

function unusable(why: string): RoomcastError {
  return new RoomcastError("INVALID_OPTION", `The WebSocket ${why}.`);
}
