/** A strict program with `ws`, whose own types fit the adapter's. */
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { Hub } from "roomcast";
import { attach, serve } from "roomcast/ws";
import { WebSocketServer } from "ws";

export const hub = new Hub();

attach(hub, new WebSocketServer({ noServer: true }), {
  authenticate: async ({ token }) => (token === undefined ? null : { id: token, name: token }),
  origins: ["https://example.org"],
});
serve(hub, createServer(), { path: "/ws", maxConnections: 1000 });
serve(hub, createSecureServer(), { path: "/ws" });
