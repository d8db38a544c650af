import { equal, match } from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";

/** Registers ours and theirs: `place` is the neighbour's. */
export function settle(place, ours, theirs) {
  for (const register of place === "before" ? [theirs, ours] : [ours, theirs]) register();
}

export async function listen(server) {
  await once(server.listen(0, "127.0.0.1"), "listening");
}

/** Closes a neighbour, then the server that it shares. */
export async function closeServer(server, close = () => {}) {
  await close();
  if (!server.listening) return;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** What a WebSocket says first; it is closed then. */
export async function firstMessage(address, protocol = []) {
  const ws = new WebSocket(address, protocol);
  const [data] = await once(ws, "message");
  ws.close();
  await once(ws, "close");
  return String(data);
}

export async function greeting(address) {
  equal(await firstMessage(address), "theirs");
}

/** Opens a connection of Engine.IO, and one of Socket.IO on it. */
export async function engineGreeting(address) {
  const ws = new WebSocket(address);
  match(String((await once(ws, "message"))[0]), /^0{"sid"/);
  ws.send("40");
  match(String((await once(ws, "message"))[0]), /^40{"sid"/);
  ws.close();
  await once(ws, "close");
}
