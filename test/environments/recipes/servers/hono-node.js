import { once } from "node:events";
import { server } from "./hono-node.block.js";
import { hub, listening } from "./world.js";

if (!server.listening) await once(server, "listening");
listening(server, () => hub.close());
