/** uWebSockets.js and nothing else: accepts connections, keeps no state. The floor for memory. */
import uws from "uWebSockets.js";
import { control } from "./control.js";
import { listenOnUws } from "./uws-listen.js";

const app = uws.App();
app.ws("/ws", { maxPayloadLength: 4096, compression: uws.DISABLED });

control(() => listenOnUws(app));
