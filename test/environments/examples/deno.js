/**
 * Starts the example for Deno by the command of its README, and speaks to it. The environment variable
 * `DENO` says which executable to use; by default the one that is installed. The package must be built.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Remote } from "../runtimes/remote.js";

const root = new URL("../../..", import.meta.url);
const deno = process.env.DENO ?? "deno";

const readme = await readFile(new URL("examples/deno/README.md", root), "utf8");
const [, command] = /^```sh\ndeno (.+)\n```$/m.exec(readme);
// Deno from npm is a script until it has run once, and a script passes no signals on.
execFileSync(deno, ["--version"]);
const server = spawn(deno, command.split(" "), {
  cwd: fileURLToPath(root),
  env: { ...process.env, PORT: "0" },
  stdio: ["ignore", "pipe", "inherit"],
});
process.once("exit", () => server.kill("SIGKILL"));

let output = "";
for await (const chunk of server.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
  output += chunk;
  if (output.includes("\n")) break;
}
match(output, /^Chat is at http:\/\/localhost:\d+\n$/);
const [url] = /http:\S+/.exec(output);
const socketUrl = `${url.replace("http", "ws")}/ws`;

// The page.
match(await (await fetch(url)).text(), /src="app\.js"/);
match((await fetch(`${url}/roomcast.js`)).headers.get("content-type"), /^text\/javascript/);
equal((await fetch(`${url}/elsewhere`)).status, 404);

// Who may come in.
const refusal = (query) => Remote.open(`${socketUrl}${query}`).catch(({ message }) => message);
equal(await refusal(""), "HTTP 401");
equal(await refusal("?token=%20"), "HTTP 401");
equal((await fetch(`${url}/ws?token=Ada`)).status, 426);

// Two people talk.
const ada = await Remote.open(socketUrl, "Ada");
const ben = await Remote.open(socketUrl, "Ben");
await ada.ask("join_room", { room_id: "lobby" });
const info = await ben.ask("join_room", { room_id: "lobby" });
deepEqual(
  info.payload.users.map(({ name }) => name),
  ["Ada", "Ben"],
);
deepEqual(await (await fetch(`${url}/ws/online`)).json(), { online: 2 });
equal((await ben.ask("send_message", { content: "Good morning" }, "lobby")).type, "ack");
const message = await ada.until("new_message");
deepEqual([message.sender.name, message.payload.content], ["Ben", "Good morning"]);

// The end.
const ended = once(server, "exit");
server.kill("SIGTERM");
equal((await ada.closed()).code, 1001);
deepEqual(await ended, [0, null]);
console.log("The example for Deno works.");
