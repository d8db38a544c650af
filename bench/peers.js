import { readFileSync } from "node:fs";

/**
 * The servers that are compared, each in a file of its own under servers/. What a server's memory is
 * compared with is the bare server that accepts connections the same way, its floor; the bare ones
 * have none, and no rooms to join. A variant is another's server, whose hub has further options.
 *
 * @typedef {{ title: string, dialect: "json" | "socketIo", packages: string[], floor?: string,
 *   variantOf?: string, hub?: object }} Peer
 * @type {Record<string, Peer>}
 */
export const peers = {
  "roomcast-ws": onWs("roomcast on ws", "ws"),
  "roomcast-uws": onUws("roomcast on uWS"),
  "roomcast-ws-history": withHistory("roomcast-ws", onWs("roomcast on ws, history", "ws")),
  "roomcast-uws-history": withHistory("roomcast-uws", onUws("roomcast on uWS, history")),
  "ws-loop": onWs("ws loop", "ws"),
  "socket.io": { ...onWs("Socket.IO", "socket.io"), dialect: "socketIo" },
  crossws: onWs("crossws", "crossws"),
  "uws-native": onUws("uWS native"),
  "uws-deferred": onUws("uWS deferred"),
  "ws-bare": { ...onWs("bare ws", "ws"), floor: undefined },
  "uws-bare": { ...onUws("bare uWS"), floor: undefined },
};

/** Ours, which the others are compared with. */
export const OURS = ["roomcast-ws", "roomcast-uws"];

/** The one of ours that always takes part. */
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

function onWs(title, wsServer) {
  return { title, dialect: "json", packages: [wsServer], floor: "ws-bare" };
}

function onUws(title) {
  return { title, dialect: "json", packages: ["uWebSockets.js"], floor: "uws-bare" };
}

function withHistory(variantOf, peer) {
  return { ...peer, variantOf, hub: { history: { messages: 100 } } };
}
