import { getHeapStatistics } from "node:v8";
import { Hub } from "roomcast";
import { MemorySocket, VirtualClock } from "roomcast/testing";

/** A hub whose history one client fills, as fast as its rate allows for 51 s, with messages that are large in memory. */
const clock = new VirtualClock();
const hub = new Hub({ clock, history: {}, maxMessageBytes: 20_000 });
const socket = MemorySocket.connect(hub, { user: { id: "eve", name: "Eve" } });
const text = `€${"x".repeat(17_900)}`;

for (let n = 0; n < 5_100; n++) {
  const room = `room ${Math.floor(n / 13)}`;
  if (n % 13 === 0) {
    const before = `room ${Math.floor(n / 13) - 50}`;
    if (n >= 13 * 50) socket.send({ type: "leave_room", payload: { room_id: before } });
    socket.send({ type: "join_room", payload: { room_id: room } });
  }
  socket.send({ type: "send_message", room, payload: text + n, id: "m" });
  clock.advance(12);
  const answer = socket.take().at(-1);
  if (answer?.type !== "ack") throw new Error(JSON.stringify(answer));
  if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
}
const { heap_size_limit: limit } = getHeapStatistics();
console.log(limit < 200_000_000 ? "lives" : `has a heap of ${limit} bytes`);
