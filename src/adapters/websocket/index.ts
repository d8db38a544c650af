/**
 * The adapter for standard WebSockets on the server's side: {@link accept} one from
 * `Deno.upgradeWebSocket`, from a `WebSocketPair` of Cloudflare Workers, or from a page itself.
 *
 * @module roomcast/websocket
 */
export {
  handshakeFrom,
  type NodeRequest,
  type StandardRequest,
} from "../../transport/request.js";
export { accept } from "./accept.js";
export type { StandardCloseEvent, StandardWebSocket } from "./types.js";
