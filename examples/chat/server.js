import { createServer } from "node:http";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";
import { page } from "./page.js";
import { userOf } from "./public/name.js";

const port = Number(process.env.PORT ?? 8080);
if (!Number.isInteger(port) || port < 0 || port > 65_535) fail("PORT must be from 0 to 65535.");

// The chat itself: rooms, members, typing, acks and recovery are the hub's own.

const hub = new Hub({ history: { messages: 200, newcomers: 50 }, presence: { grace: 15_000 } });
const server = createServer((request, response) => {
  if (request.url === "/ws/online") {
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ online: hub.onlineCount }));
  } else {
    const { status, headers, body } = page(request.method, request.url);
    response.statusCode = status;
    response.setHeaders(new Headers(headers));
    response.end(body); // Node leaves the body out where the request was a HEAD.
  }
});

serve(hub, server, {
  path: "/ws",
  authenticate: ({ token = "" }) => userOf(token), // Guests only: the token is the name.
  origins: "same",
});

// Start and stop.

server.on("error", (error) => {
  if (error.code === "EADDRINUSE") fail(`Port ${port} is taken: set PORT to another one.`);
  fail(`Cannot listen on port ${port}: ${error.message}`);
});
server.listen(port, () => {
  console.log(`Chat is at http://localhost:${server.address().port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);

/** Says goodbye, and when to come back. With nothing left to do, the process ends by itself, with 0. */
async function stop() {
  server.close();
  hub.broadcast("restarting");
  await hub.close({ timeout: 1_000, spread: 2_000 });
  server.closeAllConnections();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
