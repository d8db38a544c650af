import { equal } from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createVite } from "vite";
import { closeServer, firstMessage, listen } from "../support.js";

/** Vite in middleware mode, whose hot reload shares the server. */
export async function open({ serveHub, place }) {
  let middlewares;
  const server = createServer((request, response) => middlewares(request, response));
  if (place === "after") serveHub(server);
  const vite = await createVite({
    configFile: false,
    logLevel: "error",
    appType: "custom",
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: { server }, ws: undefined },
  });
  ({ middlewares } = vite);
  if (place === "before") serveHub(server);
  await listen(server);
  return {
    async visit({ url }) {
      const { webSocketToken = "" } = vite.config;
      const { type } = JSON.parse(
        await firstMessage(`${url}/?token=${webSocketToken}`, "vite-hmr"),
      );
      equal(type, "connected");
    },
    close: () => closeServer(server, () => vite.close()),
  };
}
