import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/** The page's files by path, and the library's end of the wire: each with `headers` and `body`. */
export const files = new Map();

const folder = new URL("public/", import.meta.url);
for (const name of await readdir(folder)) {
  await add(name === "index.html" ? "/" : `/${name}`, new URL(name, folder));
}
await add("/roomcast.js", new URL(import.meta.resolve("roomcast/browser")));

/** What to answer to a request for the page: `status`, `headers` and `body`. */
export function page(method, url) {
  const file = files.get(url.split("?")[0]);
  if (method !== "GET" && method !== "HEAD") return text(405, "Only GET and HEAD.\n");
  return file === undefined ? text(404, "Not found.\n") : { status: 200, ...file };
}

async function add(path, location) {
  const headers = headersFor(extname(location.pathname));
  files.set(path, { headers, body: await readFile(location) });
}

function text(status, body) {
  return { status, headers: headersFor(".txt"), body };
}

function headersFor(extension) {
  return {
    "Cache-Control": "no-cache",
    "Content-Security-Policy":
      "default-src 'none'; connect-src 'self'; img-src 'self'; script-src 'self'; " +
      "style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Content-Type": TYPES[extension],
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
}
