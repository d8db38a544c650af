/** roomcast on uWebSockets.js, as its README shows it. */
import uws from "uWebSockets.js";
import { attach } from "roomcast/uws";
import { control } from "./control.js";
import { createHub } from "./hub.js";
import { listenOnUws } from "./uws-listen.js";

const hub = createHub();
const app = uws.App();
attach(hub, app, { path: "/ws", authenticate: ({ token }) => ({ id: token, name: token }) });

control(() => listenOnUws(app));
