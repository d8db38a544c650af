/** A strict program with Node's servers, Express, and the globals of Node or of a page; no `ws`. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createSecureServer as createHttp2Server } from "node:http2";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import express from "express";
import { Hub } from "roomcast";
import { connect } from "roomcast/browser";
import { accept, handshakeFrom } from "roomcast/websocket";
import { type NetSocket, serve, type UpgradeRequest } from "roomcast/ws";

export const hub = new Hub();

serve(hub, createServer());
serve(hub, createSecureServer());
serve(hub, createHttp2Server({ allowHTTP1: true }));
serve(hub, createServer(express()));
serve(hub, express().listen(0));
// @ts-expect-error: nothing is ever heard from it
serve(hub, {});

/** As a framework has it, which may run with either. */
export function open(server: Server | SecureServer): void {
  serve(hub, server, { path: "/ws" });
}

/** What Node hands to a listener of `upgrade`. */
export function neutral(request: IncomingMessage, socket: Socket): [UpgradeRequest, NetSocket] {
  return [request, socket];
}

const connection = connect("wss://example.org/ws", { WebSocket });
const { signal } = new AbortController();
export const answers = [
  connection.request("draw", {}, { signal }),
  connection.request("draw", {}, { signal: AbortSignal.timeout(5_000) }),
];

accept(hub, new WebSocket("wss://example.org"), {
  handshake: handshakeFrom(new Request("https://example.org/ws?token=x")),
});
