/** roomcast on uWebSockets.js, as its README shows it. */
import uws from "uWebSockets.js";
import { Hub } from "roomcast";
import { attach } from "roomcast/uws";
import { control } from "./control.js";
import { listenOnUws } from "./uws-listen.js";

// Every default, but one: see roomcast-ws.js.
const hub = new Hub({ rateLimit: { perSecond: 1_000_000, burst: 1_000_000 } });
const app = uws.App();
attach(hub, app, { path: "/ws", authenticate: ({ token }) => ({ id: token, name: token }) });

control(() => listenOnUws(app));
