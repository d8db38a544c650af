import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";

const hub = new Hub();
const app = Fastify();
await app.register(websocket);
serve(hub, app.server, { path: "/ws" });
serve(hub, Fastify({ https: {} }).server, { path: "/ws" });
app.addHook("preClose", () => hub.close());
