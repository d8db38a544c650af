import Fastify from "fastify";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";
import { files } from "../chat/page.js";
import { userOf } from "../chat/public/name.js";

const hub = new Hub();
const app = Fastify();

serve(hub, app.server, {
  path: "/ws",
  authenticate: ({ token = "" }) => userOf(token), // Guests only: the token is the name.
  origins: "same",
});

// The application's own routes may talk to the rooms.

app.post("/deploys", (_request, reply) => {
  hub.room("lobby").broadcast("new_message", { content: "The deploy is done." });
  reply.code(202).send();
});

app.get("/ws/online", () => ({ online: hub.onlineCount }));

for (const [path, { headers, body }] of files) {
  app.get(path, (_request, reply) => reply.headers(headers).send(body));
}

// Fastify waits for connections to end before it closes, so the hub comes first.

app.addHook("preClose", () => hub.close({ timeout: 1_000 }));

await app.listen({ port: Number(process.env.PORT ?? 8080) });
console.log(`Chat is at http://localhost:${app.server.address().port}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => app.close());
