import { equal, match } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import next from "next";
import { closeServer, firstMessage, listen } from "../support.js";

const dir = fileURLToPath(new URL(".", import.meta.url));

/** Next with a server of one's own, which its hot reload shares. */
export async function openNext({ serveHub, place }, { dev }) {
  if (!dev) {
    execFileSync(process.execPath, ["../node_modules/next/dist/bin/next", "build"], { cwd: dir });
  }
  let handle;
  const server = createServer((request, response) => handle(request, response));
  if (place === "after") serveHub(server);
  const app = next({ dev, dir, httpServer: server, hostname: "127.0.0.1", port: 0, quiet: true });
  handle = app.getRequestHandler();
  await app.prepare();
  if (place === "before") serveHub(server);
  await listen(server);
  return {
    async visit({ http, url }) {
      const page = await fetch(http);
      equal(page.status, 200);
      match(await page.text(), /theirs/);
      if (dev) await firstMessage(`${url}/_next/hmr?id=1`);
    },
    close: () => closeServer(server, () => app.close()),
  };
}
