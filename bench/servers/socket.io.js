/** The chat on Socket.IO: its rooms, its acknowledgements, WebSocket as the only transport. */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { control, listenOn } from "./control.js";

const server = createServer();
const io = new Server(server, {
  transports: ["websocket"],
  serveClient: false,
  maxHttpBufferSize: 4096,
});

io.on("connection", (socket) => {
  const name = socket.handshake.query.token;
  const user = { id: name, name };

  socket.on("join_room", ({ room_id }, answer) => {
    socket.join(room_id);
    answer({ room: room_id });
  });

  socket.on("send_message", ({ room, payload, id }, answer) => {
    if (!socket.rooms.has(room)) {
      answer({ error: "NOT_IN_ROOM", id });
      return;
    }
    const timestamp = new Date().toISOString();
    socket.to(room).emit("new_message", { room, payload, sender: user, timestamp });
    answer({ id });
  });
});

control(() => listenOn(server));
