/** The chat on crossws for Node, with its publish and subscribe. */
import { createServer } from "node:http";
import crossws from "crossws/adapters/node";
import { control, listenOn, userOf } from "./control.js";

const adapter = crossws({
  serverOptions: { maxPayload: 4096 },
  hooks: {
    open(peer) {
      peer.context.user = userOf(peer.request.url);
    },

    message(peer, received) {
      let message;
      try {
        message = received.json();
      } catch {
        peer.send('{"type":"error"}');
        return;
      }
      if (message.type === "send_message") say(peer, message);
      else if (message.type === "join_room") join(peer, message.payload.room_id);
    },
  },
});

function join(peer, room) {
  peer.subscribe(room);
  peer.send(JSON.stringify({ type: "room_info", room }));
}

function say(peer, { room, payload, id }) {
  if (!peer.topics.has(room)) {
    peer.send(JSON.stringify({ type: "error", id }));
    return;
  }
  const sender = peer.context.user;
  const timestamp = new Date().toISOString();
  // `publish` leaves the publisher out.
  peer.publish(room, JSON.stringify({ type: "new_message", room, payload, sender, timestamp }));
  peer.send(JSON.stringify({ type: "ack", id }));
}

const server = createServer();
server.on("upgrade", adapter.handleUpgrade);

control(() => listenOn(server));
