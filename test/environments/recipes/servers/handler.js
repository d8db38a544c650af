import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { handle } from "./handler.block.js";
import { hub, listening } from "./world.js";

const app = Fastify();
app.addHook("preClose", () => hub.close());
await app.register(websocket, { options: { maxPayload: hub.limits.maxMessageBytes } });
app.get("/ws", { websocket: true }, (socket, request) => handle(socket, request.raw));
await app.listen({ port: 0, host: "127.0.0.1" });
listening(app.server, () => app.close());
