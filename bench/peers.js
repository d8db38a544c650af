import { readFileSync } from "node:fs";

/**
 * The servers that are compared, each in a file of its own under servers/.
 *
 * @type {Record<string, { title: string, dialect: "json" | "socketIo", packages: string[] }>}
 */
export const peers = {
  "roomcast-ws": { title: "roomcast on ws", dialect: "json", packages: ["ws"] },
  "ws-loop": { title: "ws loop", dialect: "json", packages: ["ws"] },
  "socket.io": { title: "Socket.IO", dialect: "socketIo", packages: ["socket.io"] },
  crossws: { title: "crossws", dialect: "json", packages: ["crossws"] },
  "uws-native": { title: "uWS native", dialect: "json", packages: ["uWebSockets.js"] },
  "uws-deferred": { title: "uWS deferred", dialect: "json", packages: ["uWebSockets.js"] },
  "ws-bare": { title: "bare ws", dialect: "json", packages: ["ws"] },
};

/** The one that the others are compared with. */
export const US = "roomcast-ws";

/** The installed versions of all packages involved: `ws 8.0.0`. */
export function versions() {
  const names = new Set(Object.values(peers).flatMap(({ packages }) => packages));
  return ["roomcast", ...names].map((name) => {
    const folder = name === "roomcast" ? ".." : `../node_modules/${name}`;
    const file = new URL(`${folder}/package.json`, import.meta.url);
    return `${name} ${JSON.parse(readFileSync(file, "utf8")).version}`;
  });
}
