/**
 * The adapter for {@link https://github.com/websockets/ws | ws}: {@link attach} a hub to a
 * `WebSocketServer` that stands already, let {@link serve} answer the upgrades of an HTTP server, or
 * {@link accept} the connections that a framework upgraded.
 *
 * @module roomcast/ws
 */
export {
  handshakeFrom,
  type NodeRequest,
  type StandardRequest,
} from "../../transport/request.js";
export { accept } from "./accept.js";
export { type AttachOptions, attach } from "./attach.js";
export { type ServeOptions, serve } from "./serve.js";
export type { HttpServer, NetSocket, UpgradeRequest, WsConnection, WsServer } from "./types.js";
