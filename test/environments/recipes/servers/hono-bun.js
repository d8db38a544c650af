import { app, websocket } from "./hono-bun.block.js";
import { hub, listening } from "./world.js";

const { maxMessageBytes: maxPayloadLength } = hub.limits;
const server = Bun.serve({
  port: 0,
  fetch: app.fetch,
  websocket: { ...websocket, maxPayloadLength, backpressureLimit: 0 },
});
listening({ address: () => server }, () => hub.close());
