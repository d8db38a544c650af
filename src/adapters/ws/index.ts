/**
 * The adapter for {@link https://github.com/websockets/ws | ws}: {@link attach} a hub to a
 * `WebSocketServer` that stands already, or let {@link serve} answer the upgrades of an HTTP server.
 *
 * @module roomcast/ws
 */
export { type AttachOptions, attach } from "./attach.js";
export { type ServeOptions, serve } from "./serve.js";
export type { HttpServer, NetSocket, UpgradeRequest, WsConnection, WsServer } from "./types.js";
