import { fileURLToPath } from "node:url";
import express from "express";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";
import { userOf } from "../chat/public/name.js";

const hub = new Hub();
const app = express();

// The application's own routes may talk to the rooms.

app.post("/deploys", (_request, response) => {
  hub.room("lobby").broadcast("new_message", { content: "The deploy is done." });
  response.sendStatus(202);
});

app.get("/ws/online", (_request, response) => {
  response.json({ online: hub.onlineCount });
});

app.use(express.static(fileURLToPath(new URL("../chat/public", import.meta.url))));
app.get("/roomcast.js", (_request, response) => {
  response.sendFile(fileURLToPath(import.meta.resolve("roomcast/browser")));
});

const server = app.listen(process.env.PORT ?? 8080, (error) => {
  if (error) throw error;
  console.log(`Chat is at http://localhost:${server.address().port}`);
});

// Express knows nothing of WebSockets: they come to the HTTP server beneath it.

serve(hub, server, {
  path: "/ws",
  authenticate: ({ token = "" }) => userOf(token), // Guests only: the token is the name.
  origins: "same",
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);

async function stop() {
  server.close();
  await hub.close({ timeout: 1_000 });
  server.closeAllConnections();
}
