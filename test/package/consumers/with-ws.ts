/** A strict program with `ws`, whose own types fit the adapter's. */
import { createServer } from "node:http";
import { Hub } from "roomcast";
import { connect } from "roomcast/browser";
import { accept } from "roomcast/websocket";
import { attach, type WsConnection } from "roomcast/ws";
import { WebSocket, WebSocketServer } from "ws";

export const hub = new Hub();

attach(hub, new WebSocketServer({ noServer: true }));
attach(hub, new WebSocketServer({ server: createServer(), verifyClient: () => true }));
// @ts-expect-error: one connection is not a server
attach(hub, new WebSocket("wss://example.org"));

accept(hub, new WebSocket("wss://example.org"));

export const connection = connect("wss://example.org/ws", { WebSocket });
export const neutral: WsConnection = new WebSocket("wss://example.org");
