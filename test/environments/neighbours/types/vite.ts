import { Hub } from "roomcast";
import { serve } from "roomcast/ws";
import { createServer, type Plugin } from "vite";

const hub = new Hub();

/** The hub on Vite's own server. */
export const plugin: Plugin = {
  name: "rooms",
  configureServer({ httpServer }) {
    if (httpServer !== null) serve(hub, httpServer, { path: "/ws" });
  },
};

await createServer({ server: { middlewareMode: true }, plugins: [plugin] });
