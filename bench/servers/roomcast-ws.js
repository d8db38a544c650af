/** roomcast on `ws`, as its README shows it. */
import { createServer } from "node:http";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";
import { control, listenOn } from "./control.js";

// Every default, but one: clients here send more than people do, so the rate limit is raised. It is
// not switched off; each message is still counted.
const hub = new Hub({ rateLimit: { perSecond: 1_000_000, burst: 1_000_000 } });
const server = createServer();
serve(hub, server, { path: "/ws", authenticate: ({ token }) => ({ id: token, name: token }) });

control(() => listenOn(server));
