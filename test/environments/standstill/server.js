// A server in a process of its own, with a quick heartbeat. Prints its port, then who is gone.
import { createServer } from "node:http";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";

const hub = new Hub({ heartbeat: { interval: 300, timeout: 600 } });
const server = createServer();
serve(hub, server);
hub.on("disconnect", ({ code, reason }) => console.log(`gone: ${code} ${reason}`));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
