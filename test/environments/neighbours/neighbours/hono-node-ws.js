import { createAdaptorServer } from "@hono/node-server";
import { createNodeWebSocket } from "@hono/node-ws";
import { Hono } from "hono";
import { closeServer, greeting, listen, settle } from "../support.js";

export async function open({ serveHub, place }) {
  const app = new Hono();
  const { injectWebSocket, upgradeWebSocket } = createNodeWebSocket({ app });
  app.get("/", (context) => context.text("plain"));
  app.get(
    "/theirs",
    upgradeWebSocket(() => ({ onOpen: (_, ws) => ws.send("theirs") })),
  );
  const server = createAdaptorServer(app);
  settle(
    place,
    () => serveHub(server),
    () => injectWebSocket(server),
  );
  await listen(server);
  return { visit: ({ url }) => greeting(`${url}/theirs`), close: () => closeServer(server) };
}
