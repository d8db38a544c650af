/**
 * uWebSockets.js tuned for bursts: published at the end of the turn, not in the message handler.
 *
 * A subscriber holds at most 32 published messages before it is written to at once. In a message
 * handler the one cork is taken by the sender, so that write becomes a system call per message;
 * outside of handlers it is one for all.
 */
import { startChat } from "./uws-chat.js";

let waiting = [];

startChat((socket, room, text) => {
  if (waiting.push({ socket, room, text }) === 1) setImmediate(publishAll);
});

function publishAll() {
  const published = waiting;
  waiting = [];
  for (const { socket, room, text } of published) socket.publish(room, text);
}
