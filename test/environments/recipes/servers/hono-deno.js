import { app } from "./hono-deno.block.js";
import { hub, listening } from "./world.js";

const { addr } = Deno.serve({ port: 0, onListen() {} }, app.fetch);
listening({ address: () => addr }, () => hub.close());
