/**
 * The adapter for standard WebSockets on the server's side: {@link accept} one from
 * `Deno.upgradeWebSocket`, from a `WebSocketPair` of Cloudflare Workers, or from a page itself.
 *
 * @module roomcast/websocket
 */
export { isAllowedOrigin } from "../../transport/origins.js";
export { accept, handshakeFrom } from "./accept.js";
export type { StandardCloseEvent, StandardRequest, StandardWebSocket } from "./types.js";
