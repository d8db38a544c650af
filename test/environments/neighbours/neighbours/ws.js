import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { closeServer, greeting, listen, settle } from "../support.js";

/** `new WebSocketServer({ server })`, which takes every request. */
export async function open({ serveHub, place }) {
  const server = createServer((_, response) => response.end());
  let sockets;
  settle(
    place,
    () => serveHub(server),
    () => {
      sockets = new WebSocketServer({ server });
      sockets.on("connection", (ws) => ws.send("theirs"));
    },
  );
  await listen(server);
  return {
    visit: ({ url }) => greeting(`${url}/theirs`),
    close: () => closeServer(server, () => sockets.close()),
  };
}
