/** A strict program with `ws` and uWebSockets.js, whose own types fit the adapters'. */

import { App, SSLApp } from "uWebSockets.js";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { Hub } from "roomcast";
import { type Connection, connect } from "roomcast/browser";
import { attach as attachToUws } from "roomcast/uws";
import { accept } from "roomcast/websocket";
import { attach, serve } from "roomcast/ws";
import { WebSocket, WebSocketServer } from "ws";

export const hub = new Hub();

attach(hub, new WebSocketServer({ noServer: true }), {
  authenticate: async ({ token }) => (token === undefined ? null : { id: token, name: token }),
  origins: ["https://example.org"],
});
serve(hub, createServer(), { path: "/ws", maxConnections: 1000 });
serve(hub, createSecureServer(), { path: "/ws" });

attachToUws(hub, App(), {
  path: "/ws",
  authenticate: async ({ token }) => (token === undefined ? null : { id: token, name: token }),
});
attachToUws(hub, SSLApp({ key_file_name: "key.pem", cert_file_name: "cert.pem" }));

accept(hub, new WebSocket("wss://example.org"), { user: { id: "1", name: "Alice" } });

export const connection: Connection = connect("wss://example.org/ws", { WebSocket });
