/**
 * The page's half with the runtime's own WebSocket, or that of `ws` where there is none (Node 20):
 * `page.js ADDRESS`. One line for each check.
 */
import { connect } from "roomcast/browser";

const [address] = (globalThis.Deno?.args ?? process.argv.slice(2)).slice(-1);
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;

/** How many messages the server sends right behind the answer to a join, in one burst. */
const GREETING = 40;

/** When the first listener is added, in milliseconds after the join. */
for (const [moment, delay] of [
  ["right after await", 0],
  ["200 ms later", 200],
]) {
  await check(`hears all that comes right behind the answer to a join, listening ${moment}`, () => {
    return Promise.all(Array.from({ length: 20 }, (_, n) => hearGreeting(`${n}-${delay}`, delay)));
  });
}

await check("comes back after the line was cut, into its rooms", async () => {
  const connection = open(address, "Cut");
  const room = await connection.join("cut");
  const waited = statusOf(connection, "waiting");
  connection.request("cut").catch(() => {});
  await waited;
  await statusOf(connection, "open");
  await room.send("still here");
  connection.close();
});

await check("goes on trying where nobody listens", async () => {
  const connection = open("ws://127.0.0.1:1/", "Nobody");
  for (let n = 0; n < 2; n++) {
    await statusOf(connection, "waiting");
    await statusOf(connection, "connecting");
  }
  connection.close();
});

await check("is closed with the code and the reason of the server", async () => {
  const connection = open(address, "Kicked");
  const closed = new Promise((resolve) => {
    connection.on("status", (status) => {
      if (status.code !== undefined) resolve(status);
    });
  });
  connection.request("kick", { code: 4_500, reason: "Kicked €." }).catch(() => {});
  const { code, reason } = await closed;
  if (code !== 4_500 || reason !== "Kicked €.") throw new Error(`It was ${code} ${reason}`);
});

console.log("done");
globalThis.Deno?.exit(0);
process.exit(0);

/** Joins a room, and listens so late; resolves when all was heard, once and in order. */
async function hearGreeting(name, delay) {
  const connection = open(address, `Page ${name}`);
  const room = await connection.join(`greeting-${name}`);
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  const heard = [];
  const told = new Promise((resolve, reject) => {
    room.on("welcome", ({ payload }) => {
      if (heard.push(payload) === GREETING) resolve();
    });
    room.on("gap", (gap) => reject(new Error(`A gap: ${JSON.stringify(gap)}`)));
    connection.on("error", reject);
  });
  await inTime(told, `what was said in room ${name} after ${heard}`);
  // A message that is doubled would come before the answer.
  await connection.request("echo");
  if (heard.join() !== Array.from({ length: GREETING }, (_, n) => n + 1).join()) {
    throw new Error(`It heard ${heard}`);
  }
  connection.close();
}

function open(url, name) {
  return connect(url, { token: () => name, WebSocket });
}

/** Resolves when a connection gets to a status. */
function statusOf(connection, wanted) {
  const reached = new Promise((resolve) => {
    connection.on("status", ({ state }) => {
      if (state === wanted) resolve();
    });
  });
  return inTime(reached, wanted);
}

async function check(name, run) {
  try {
    await inTime(run(), name);
    console.log(`check: ${name}`);
  } catch (error) {
    console.log(`check: ${name} failed: ${JSON.stringify(String(error.stack))}`);
  }
}

function inTime(promise, what) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${what} did not come in time`)), 20_000);
  });
  return Promise.race([promise, late]);
}
