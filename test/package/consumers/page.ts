/** A strict program for a page: the types of a browser, and none of Node. */
import { Hub } from "roomcast";
import { type ConnectionStatus, connect } from "roomcast/browser";
import { accept, handshakeFrom } from "roomcast/websocket";

const connection = connect("wss://example.org/ws", {
  token: () => fetch("/token").then((response) => response.text()),
  WebSocket,
});
connection.on("status", (status: ConnectionStatus) => {
  if (status.state === "waiting") document.title = `Back in ${status.delay} ms`;
});

export async function say(text: string, button: HTMLButtonElement): Promise<void> {
  const room = await connection.join("general");
  room.on("new_message", ({ sender, payload }) => console.log(sender?.name, payload));
  button.disabled = room.members.length < 2;
  await room.send({ text }, { signal: AbortSignal.timeout(5_000) });
}

/** A hub in a page, or in a worker of one. */
const hub = new Hub();
accept(hub, new WebSocket("wss://example.org"), {
  user: { id: "1", name: "Alice" },
  handshake: handshakeFrom(new Request("https://example.org/ws?token=x")),
});
