import { attach } from "roomcast/ws";
import { WebSocketServer } from "ws";
import { authenticate, createHub } from "./site.js";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
attach(createHub(), server, { authenticate });
server.on("listening", () => console.log(`listening ${server.address().port}`));
