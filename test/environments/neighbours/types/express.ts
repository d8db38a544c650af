import { createServer } from "node:http";
import express from "express";
import { Hub } from "roomcast";
import { attach, serve } from "roomcast/ws";
import { WebSocketServer } from "ws";

const hub = new Hub();
const app = express();
serve(hub, createServer(app), { path: "/ws" });
serve(hub, app.listen(0), { path: "/ws" });
attach(hub, new WebSocketServer({ noServer: true }));
