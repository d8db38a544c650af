import { WebSocketServer } from "ws";
import type { Hub, User } from "../../index.js";
import { RoomcastError } from "../../protocol/errors.js";
import { pathOf } from "../../transport/handshake.js";
import { type AttachOptions, attach } from "./attach.js";
import type { HttpServer, NetSocket, UpgradeRequest } from "./types.js";

/**
 * Where the hub is found, and who is let in.
 *
 * @category Options
 */
export interface ServeOptions<U extends User = User> extends AttachOptions<U> {
  /** The path that WebSockets connect to, without a query. Default `/`. */
  readonly path?: string | undefined;
}

type Upgrade = (request: UpgradeRequest, socket: NetSocket, head: Uint8Array) => void;

/** The paths served on each HTTP server, which has one `upgrade` listener for them all. */
const served = new WeakMap<HttpServer, Map<string, Upgrade>>();

/**
 * Answers the WebSocket upgrades of an HTTP server of yours at one path, and makes each a client of
 * the hub. Several hubs may be served at several paths. A path that nobody serves is answered with
 * 404, unless the server has other `upgrade` listeners, whose business it is then.
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
export function serve<U extends User, D>(
  hub: Hub<U, D>,
  server: HttpServer,
  { path = "/", ...options }: ServeOptions<NoInfer<U>> = {},
): void {
  if (typeof path !== "string" || !path.startsWith("/") || pathOf(path) !== path) {
    throw new RoomcastError(
      "INVALID_OPTION",
      `path must start with "/" and have no query; got ${path}.`,
    );
  }
  const paths = served.get(server) ?? route(server);
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
      hub.context.report(new RoomcastError("SOCKET_FAILED", text, { cause }));
      socket.destroy();
    }
  });
}

/** Starts listening for a server's upgrades. */
function route(server: HttpServer): Map<string, Upgrade> {
  const paths = new Map<string, Upgrade>();
  served.set(server, paths);
  server.on("upgrade", (request: UpgradeRequest, socket: NetSocket, head: Uint8Array) => {
    const upgrade = paths.get(pathOf(request.url ?? "/"));
    if (upgrade !== undefined) {
      upgrade(request, socket, head);
      return;
    }
    // Node no longer listens, and maybe nobody else does: an error without a listener ends the process.
    socket.on("error", destroy);
    if (server.listenerCount("upgrade") === 1) answerNotFound(socket);
  });
  return paths;
}

function destroy(this: NetSocket): void {
  this.destroy();
}

function answerNotFound(socket: NetSocket): void {
  socket.once("finish", () => socket.destroy());
  socket.end(
    "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nNot found.",
  );
}
