/** roomcast on `ws`, as its README shows it. */
import { createServer } from "node:http";
import { serve } from "roomcast/ws";
import { control, listenOn } from "./control.js";
import { createHub } from "./hub.js";

const hub = createHub();
const server = createServer();
serve(hub, server, { path: "/ws", authenticate: ({ token }) => ({ id: token, name: token }) });

control(() => listenOn(server));
