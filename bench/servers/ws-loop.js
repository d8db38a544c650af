/**
 * A chat written by hand on `ws`: rooms are sets, a broadcast is a loop over `send`.
 *
 * JSON is made once per broadcast and sent as a string, which is how most such servers are written.
 */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { control, listenOn, userOf } from "./control.js";

const OPEN = 1;
/** @type {Map<string, Set<import("ws").WebSocket>>} */
const rooms = new Map();
const server = createServer();
const sockets = new WebSocketServer({ server, maxPayload: 4096 });

sockets.on("connection", (socket, request) => {
  const user = userOf(request.url);
  const joined = new Set();

  socket.on("message", (data) => {
    let message;
    try {
      message = JSON.parse(data.toString());
    } catch {
      socket.send('{"type":"error"}');
      return;
    }
    if (message.type === "send_message") say(message);
    else if (message.type === "join_room") join(message.payload.room_id);
  });

  socket.on("close", () => {
    for (const room of joined) rooms.get(room)?.delete(socket);
  });

  function join(room) {
    if (!rooms.has(room)) rooms.set(room, new Set());
    rooms.get(room).add(socket);
    joined.add(room);
    socket.send(JSON.stringify({ type: "room_info", room }));
  }

  function say({ room, payload, id }) {
    if (!joined.has(room)) {
      socket.send(JSON.stringify({ type: "error", id }));
      return;
    }
    const timestamp = new Date().toISOString();
    const text = JSON.stringify({ type: "new_message", room, payload, sender: user, timestamp });
    for (const member of rooms.get(room)) {
      if (member !== socket && member.readyState === OPEN) member.send(text);
    }
    socket.send(JSON.stringify({ type: "ack", id }));
  }
});

control(() => listenOn(server));
