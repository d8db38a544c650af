import { WebSocketServer } from "ws";
import type { Hub, User } from "../../index.js";
import { RoomcastError } from "../../protocol/errors.js";
import { type AttachOptions, attach } from "./attach.js";
import { pathsOf } from "./router.js";
import type { HttpServer, UpgradeRequest } from "./types.js";

/**
 * Where the hub is found, and who is let in.
 *
 * @category Options
 */
export interface ServeOptions<U extends User = User, R extends UpgradeRequest = UpgradeRequest>
  extends AttachOptions<U, R> {
  /**
   * The path that WebSockets connect to, as it stands in the request: without a query, and percent-encoded.
   * Default `/`.
   */
  readonly path?: string | undefined;
}

/**
 * Answers the WebSocket upgrades of an HTTP server of yours at one path, and makes each a client of
 * the hub. Several hubs may be served at several paths. Other `upgrade` listeners of the server never see
 * these paths, and get all others. What nobody answers is answered with 404: at once where there is no other
 * listener, else after 2 s, or 30 s where one seems to be at work.
 *
 * @throws RoomcastError `INVALID_OPTION` for options that cannot work, and for a path served already.
 *
 * @example
 * ```ts
 * serve(hub, httpServer, { path: "/ws", authenticate: ({ token }) => verify(token) });
 * ```
 *
 * @category Main
 */
export function serve<U extends User, D, R extends UpgradeRequest = UpgradeRequest>(
  hub: Hub<U, D>,
  server: HttpServer,
  { path = "/", ...options }: ServeOptions<NoInfer<U>, R> = {},
): void {
  if (!isPath(path)) {
    const rule = 'path must start with "/", be percent-encoded and have no query';
    throw new RoomcastError("INVALID_OPTION", `${rule}; got ${path}.`);
  }
  const paths = pathsOf(server);
  if (paths.has(path)) {
    throw new RoomcastError("INVALID_OPTION", `path must not be served already; got ${path}.`);
  }
  const sockets = new WebSocketServer({ noServer: true, clientTracking: false });
  attach(hub, sockets, options);
  paths.set(path, (request, socket, head) => {
    // Our own types say only what we use of these three; they are what Node emitted.
    const [nodeRequest, nodeSocket, nodeHead] = [request, socket, head] as unknown as Parameters<
      WebSocketServer["handleUpgrade"]
    >;
    try {
      sockets.handleUpgrade(nodeRequest, nodeSocket, nodeHead, (ws) => {
        sockets.emit("connection", ws, request);
      });
    } catch (cause) {
      const text = "The upgrade failed: ws could not read the request.";
      hub.runtime.report(new RoomcastError("SOCKET_FAILED", text, { cause }));
      socket.destroy();
    }
  });
}

/** Whether clients ask for a path as it is written. They encode and shorten others, which would never be met. */
function isPath(path: unknown): boolean {
  return (
    typeof path === "string" && path.startsWith("/") && new URL(`http://x${path}`).pathname === path
  );
}
