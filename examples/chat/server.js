import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";
import { userOf } from "./public/name.js";

const port = Number(process.env.PORT ?? 8080);
if (!Number.isInteger(port) || port < 0 || port > 65_535) fail("PORT must be from 0 to 65535.");

// The chat itself: rooms, members, typing and acks are the hub's own.

const hub = new Hub();
const server = createServer(answer);

serve(hub, server, {
  path: "/ws",
  // Guests only: the token is the name.
  authenticate: ({ token = "" }) => userOf(token),
  // Our own page may connect, and no other site's.
  origins: (origin, { headers }) => URL.canParse(origin) && new URL(origin).host === headers.host,
});

// The page, and the one number that is to be had over plain HTTP.

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const HEADERS = {
  "Cache-Control": "no-cache",
  "Content-Security-Policy":
    "default-src 'none'; connect-src 'self'; img-src 'self'; script-src 'self'; style-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

const folder = new URL("public/", import.meta.url);
const files = new Map();
for (const name of await readdir(folder)) {
  const path = name === "index.html" ? "/" : `/${name}`;
  files.set(path, { type: TYPES[extname(name)], body: await readFile(new URL(name, folder)) });
}

function answer(request, response) {
  const [path] = request.url.split("?");
  const file = files.get(path);
  if (request.method !== "GET" && request.method !== "HEAD") {
    send(response, 405, "text/plain", "Only GET and HEAD.\n", { Allow: "GET, HEAD" });
  } else if (path === "/ws/online") {
    send(response, 200, "application/json", JSON.stringify({ online: hub.onlineCount }));
  } else if (file === undefined) {
    send(response, 404, "text/plain", "Not found.\n");
  } else {
    send(response, 200, file.type, file.body);
  }
}

function send(response, status, type, body, headers = {}) {
  const length = Buffer.byteLength(body);
  response.writeHead(status, {
    ...HEADERS,
    ...headers,
    "Content-Type": type,
    "Content-Length": length,
  });
  response.end(body); // Node leaves the body out where the request was a HEAD.
}

// Start and stop.

server.on("error", (error) => {
  if (error.code === "EADDRINUSE") fail(`Port ${port} is taken: set PORT to another one.`);
  fail(`Cannot listen on port ${port}: ${error.message}`);
});
server.listen(port, () => {
  console.log(`Chat is at http://localhost:${server.address().port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);

/** Says goodbye to everybody. With nothing left to do, the process ends by itself, with 0. */
async function stop() {
  server.close();
  await hub.close({ timeout: 1_000 });
  server.closeAllConnections();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
