import type { AcceptOptions, Hub, User } from "../../index.js";
import { createHandshake, type Handshake } from "../../transport/handshake.js";
import { StandardSocket } from "./socket.js";
import type { StandardRequest, StandardWebSocket } from "./types.js";

/** `WebSocket.CONNECTING` and `WebSocket.OPEN` (WHATWG WebSockets, 3.1). */
const CONNECTING = 0;
const OPEN = 1;

/**
 * Makes a standard WebSocket a client of the hub, at once or when it opens; one that has closed already
 * is left alone. Who it belongs to is for you to find out before, from the request. On Cloudflare
 * Workers, leave it to this function to call the socket's own `accept`.
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
  options: AcceptOptions<NoInfer<U>> = {},
): void {
  webSocket.accept?.();
  if (webSocket.readyState === CONNECTING) {
    const open = () => {
      webSocket.removeEventListener("open", open);
      join();
    };
    webSocket.addEventListener("open", open);
  } else if (webSocket.readyState === OPEN) {
    join();
  }

  function join(): void {
    const socket = new StandardSocket(webSocket, hub.context.clock);
    socket.listen(hub.accept(socket, options));
  }
}

/**
 * The handshake of a standard request, with the token where every adapter looks for it.
 *
 * @param ip The peer's address, which a standard request does not tell.
 *
 * @category Main
 */
export function handshakeFrom(request: StandardRequest, ip = ""): Handshake {
  const headers: Record<string, string | undefined> = {};
  request.headers.forEach((value, name) => {
    headers[name.toLowerCase()] = value;
  });
  // A request's url is absolute; a handshake's is what the request line said.
  const url = request.url.replace(/^[a-z]+:\/\/[^/?#]*/i, "") || "/";
  return createHandshake(url, headers, ip);
}
