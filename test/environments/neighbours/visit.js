/**
 * Serves a hub beside one neighbour, uses both, and closes both: `node visit.js NEIGHBOUR before|after`. One line
 * for each check.
 */
import { deepEqual, equal } from "node:assert/strict";
import { once } from "node:events";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";
import WebSocket, { WebSocketServer } from "ws";

const [neighbour, place] = process.argv.slice(2);
const { open } = await import(`./neighbours/${neighbour}.js`);
const quiet = () => {};
const hub = new Hub({ logger: { debug: quiet, info: quiet, warn: quiet, error: quiet } });
const errors = [];
hub.on("error", ({ error }) => errors.push(error.code));

/** Longer than the second after which Engine.IO hangs up on what is not its own. */
const authenticate = () => sleep(1_500).then(() => ({ id: "ada", name: "Ada" }));

let httpServer;
/** What a neighbour calls, at its place, with the server that it shares. */
function serveHub(server) {
  httpServer = server;
  serve(hub, server, { path: "/ws", authenticate });
}

const site = await open({ serveHub, place });
const http = `http://127.0.0.1:${httpServer.address().port}`;
const url = http.replace("http", "ws");
const isRight = [];
let ada;

await check("ours works", async () => {
  ada = await connect(`${url}/ws`);
  equal((await ask(ada, "join_room", { payload: { room_id: "r" } })).payload.count, 1);
  equal((await ask(ada, "send_message", { room: "r", payload: "hi" })).type, "ack");
});
await check("theirs works", () => site.visit({ http, url }));
await check("plain HTTP is answered", async () => {
  equal(typeof (await fetch(http)).status, "number");
});
await check("nothing is reported", () => deepEqual(errors, []));
await check("a path of nobody's is answered", async () => {
  const answer = await connect(`${url}/nobody`).then(
    (ws) => ws.terminate(),
    (error) => error.message,
  );
  equal(typeof (answer ?? "their WebSocket"), "string");
});
await check("an upgrade that is answered twice is reported, and ends nothing", async () => {
  const { emit } = httpServer;
  const sockets = new WebSocketServer({ noServer: true });
  httpServer.emit = function (...event) {
    if (event[0] === "upgrade") sockets.handleUpgrade(...event.slice(1), quiet);
    return emit.apply(this, event);
  };
  const twice = await connect(`${url}/ws`);
  while (errors.length === 0) await sleep(50);
  httpServer.emit = emit;
  twice.terminate();
  deepEqual(errors, ["SOCKET_FAILED"]);
  equal((await ask(ada, "ping", {})).type, "pong");
  await site.visit({ http, url });
  (await connect(`${url}/ws`)).terminate();
});
await check("both close cleanly", async () => {
  const closed = once(ada, "close");
  await hub.close({ timeout: 2_000 });
  equal((await closed)[0], 1001);
  await site.close();
  equal(httpServer.listening, false);
});
// What a neighbour leaves running is its own.
process.exit(isRight.every(Boolean) ? 0 : 1);

async function check(name, run) {
  try {
    await inTime(run(), name);
    isRight.push(true);
    console.log(`check: ${name}`);
  } catch (error) {
    isRight.push(false);
    console.log(`check: ${name} failed: ${JSON.stringify(String(error.stack))}`);
  }
}

async function connect(address) {
  const ws = new WebSocket(address);
  await once(ws, "open");
  ws.on("error", quiet);
  return ws;
}

function ask(ws, type, more) {
  return new Promise((resolve) => {
    ws.on("message", function listen(data) {
      const envelope = JSON.parse(data);
      if (envelope.id !== type) return;
      ws.off("message", listen);
      resolve(envelope);
    });
    ws.send(JSON.stringify({ type, id: type, ...more }));
  });
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function inTime(promise, what) {
  const late = sleep(60_000).then(() => {
    throw new Error(`${what}: not in time`);
  });
  return Promise.race([promise, late]);
}
