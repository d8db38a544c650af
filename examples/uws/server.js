import { App, LIBUS_LISTEN_EXCLUSIVE_PORT, us_socket_local_port } from "uWebSockets.js";
import { STATUS_CODES } from "node:http";
import { Hub } from "roomcast";
import { attach } from "roomcast/uws";
import { page } from "../chat/page.js";
import { userOf } from "../chat/public/name.js";

const port = Number(process.env.PORT ?? 8080);
const hub = new Hub();
const app = App();

attach(hub, app, {
  path: "/ws",
  authenticate: ({ token = "" }) => userOf(token), // Guests only: the token is the name.
  origins: "same",
});

app.get("/ws/online", (response) => {
  response.writeHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ online: hub.onlineCount }));
});

app.get("/*", (response, request) => {
  const { status, headers, body } = page("GET", request.getUrl());
  response.writeStatus(`${status} ${STATUS_CODES[status]}`);
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  response.end(body);
});

// By itself, uWebSockets.js would share a port with whoever else listens there.
app.listen(port, LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
  if (socket) console.log(`Chat is at http://localhost:${us_socket_local_port(socket)}`);
  else console.error(`Cannot listen on port ${port}.`);
  process.exitCode = socket ? 0 : 1;
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);

async function stop() {
  await hub.close({ timeout: 1_000 }); // From now on nobody is let in, and everybody is told.
  app.close();
}
