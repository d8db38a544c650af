/**
 * The page's half with the runtime's own WebSocket: `page.js ADDRESS`. One line for each check.
 */
import { connect } from "roomcast/browser";

const [address] = (globalThis.Deno?.args ?? process.argv.slice(2)).slice(-1);

await check("hears what comes right behind the answer to a join, or is told of a gap", async () => {
  for (let n = 0; n < 40; n++) {
    const connection = connect(address, { token: () => `Page${n}` });
    const room = await connection.join(`greeting-${n}`);
    const told = new Promise((resolve) => {
      let heard = 0;
      room.on("welcome", () => {
        heard++;
        if (heard === 2) resolve();
      });
      room.on("gap", resolve);
    });
    await inTime(told, `what was said in room ${n}`);
    connection.close();
  }
});

await check("comes back after the line was cut, into its rooms", async () => {
  const connection = connect(address, { token: () => "Cut" });
  const room = await connection.join("cut");
  const waited = statusOf(connection, "waiting");
  connection.request("cut").catch(() => {});
  await waited;
  await statusOf(connection, "open");
  await room.send("still here");
  connection.close();
});

await check("goes on trying where nobody listens", async () => {
  const connection = connect("ws://127.0.0.1:1/", { token: () => "Nobody" });
  for (let n = 0; n < 2; n++) {
    await statusOf(connection, "waiting");
    await statusOf(connection, "connecting");
  }
  connection.close();
});

await check("is closed with the code and the reason of the server", async () => {
  const connection = connect(address, { token: () => "Kicked" });
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
