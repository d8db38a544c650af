import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { greeting } from "../support.js";

export async function open({ serveHub, place }) {
  const app = Fastify();
  if (place === "after") serveHub(app.server);
  await app.register(websocket);
  app.get("/theirs", { websocket: true }, (socket) => socket.send("theirs"));
  app.get("/", () => "plain");
  if (place === "before") serveHub(app.server);
  // Two addresses, and so two servers.
  await app.listen({ port: 0, host: "localhost" });
  return { visit: ({ url }) => greeting(`${url}/theirs`), close: () => app.close() };
}
