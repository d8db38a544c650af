/** `ws` and nothing else: accepts connections, keeps no state. The floor for memory. */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { control, listenOn } from "./control.js";

const server = createServer();
new WebSocketServer({ server, maxPayload: 4096 });

control(() => listenOn(server));
