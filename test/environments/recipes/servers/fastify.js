import { app } from "./fastify.block.js";
import { listening } from "./world.js";

await app.listen({ port: 0, host: "127.0.0.1" });
listening(app.server, () => app.close());
