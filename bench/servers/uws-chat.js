import uws from "uWebSockets.js";
import { control, userOf } from "./control.js";
import { listenOnUws } from "./uws-listen.js";

/**
 * The chat on uWebSockets.js with its native `publish`, which leaves the publisher out, encodes once
 * and writes together what one turn published. Message handlers run corked, so the ack needs no cork.
 *
 * @param {(socket: import("uWebSockets.js").WebSocket, room: string, text: string) => void} publish
 */
export function startChat(publish) {
  const app = uws.App();

  app.ws("/ws", {
    maxPayloadLength: 4096,
    // The default, 64 KiB, drops messages in bursts; this is the limit that roomcast has.
    maxBackpressure: 1024 * 1024,
    compression: uws.DISABLED,

    upgrade(response, request, context) {
      response.upgrade(
        { user: userOf(`?${request.getQuery()}`) },
        request.getHeader("sec-websocket-key"),
        request.getHeader("sec-websocket-protocol"),
        request.getHeader("sec-websocket-extensions"),
        context,
      );
    },

    message(socket, data) {
      let message;
      try {
        message = JSON.parse(Buffer.from(data).toString());
      } catch {
        socket.send('{"type":"error"}');
        return;
      }
      if (message.type === "send_message") say(socket, message);
      else if (message.type === "join_room") join(socket, message.payload.room_id);
    },
  });

  function join(socket, room) {
    socket.subscribe(room);
    socket.send(JSON.stringify({ type: "room_info", room }));
  }

  function say(socket, { room, payload, id }) {
    if (!socket.isSubscribed(room)) {
      socket.send(JSON.stringify({ type: "error", id }));
      return;
    }
    const sender = socket.getUserData().user;
    const timestamp = new Date().toISOString();
    publish(
      socket,
      room,
      JSON.stringify({ type: "new_message", room, payload, sender, timestamp }),
    );
    socket.send(JSON.stringify({ type: "ack", id }));
  }

  control(() => listenOnUws(app));
}
