import { createServer } from "node:http";
import { serve } from "roomcast/ws";
import { authenticate, createHub } from "./site.js";

const server = createServer();
serve(createHub(), server, { authenticate });
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
