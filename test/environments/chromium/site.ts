import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { type CloseOptions, Hub, type HubOptions } from "roomcast";
import { serve } from "roomcast/ws";

const PAGE = new URL("../../../examples/chat/public/", import.meta.url);
const LIBRARY = new URL("../../../dist/browser.js", import.meta.url);

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

/** The chat's page and the built library, on a hub of the test's own. */
export class Site {
  readonly hub: Hub;
  /** Files of the test's own, by their paths. */
  readonly files = new Map<string, string>();
  readonly #server: Server;

  /** On any port that is free. */
  static async start(options: HubOptions): Promise<Site> {
    const site = new Site(new Hub(options));
    site.#server.listen(0, "localhost");
    await once(site.#server, "listening");
    return site;
  }

  private constructor(hub: Hub) {
    this.hub = hub;
    this.#server = createServer(async ({ url = "/" }, response) => {
      const [path = "/"] = url.split("?");
      const file = path === "/roomcast.js" ? LIBRARY : new URL(`.${path}`, PAGE);
      if (path === "/ws/online") response.end('{"online":0}');
      else {
        const location = path === "/" ? new URL("index.html", PAGE) : file;
        response.setHeader("Content-Type", TYPES[extname(location.pathname)] ?? "text/plain");
        response.end(this.files.get(path) ?? (await readFile(location)));
      }
    });
    serve(hub, this.#server, {
      path: "/ws",
      // Some pages come by way of a proxy on a port of its own.
      origins: "all",
      authenticate: ({ token = "" }) => ({ id: token.toLowerCase(), name: token }),
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Its WebSocket address, for a user. */
  socketUrl(name: string): string {
    return `ws://localhost:${this.port}/ws?token=${name}`;
  }

  /** Closes the hub, then the server; nothing of it is left. */
  async stop(options: CloseOptions = { timeout: 200 }): Promise<void> {
    this.#server.close();
    await this.hub.close(options);
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, "close");
  }
}
