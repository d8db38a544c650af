/** A hub in memory that is asked for many rooms; there is no network. */
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Hub } from "roomcast";
import { MemorySocket } from "roomcast/testing";
import { answerParent } from "../ask.js";

/** Clients that share the rooms between them, one client in each room. */
const CLIENTS = 100;
/** Rooms that each client joins in one turn. */
const PER_TURN = 10;
/** Rooms before any is measured, so that what is made once is there: a multiple of what one turn joins. */
const FIRST_ROOMS = 1_000;
/** Milliseconds after which a hub has told all it has to tell of those who joined. */
const QUIET = 500;

answerParent({
  /** Bytes of heap per room with one member. */
  async members({ count, listens }) {
    const hub = new Hub({ rateLimit: false, maxRoomsPerClient: false, presence: "none" });
    if (listens) hub.on("join", () => {});
    const sockets = Array.from({ length: CLIENTS }, (_, index) =>
      MemorySocket.connect(hub, { user: { id: `user-${index}`, name: `user-${index}` } }),
    );
    return await heapPer(count, (from, to) => joinRooms(sockets, from, to));
  },

  /** Bytes of heap per room that nobody is in, and that keeps one message. */
  async dormant({ count }) {
    const hub = new Hub({ history: { messages: 100 } });
    return await heapPer(count, (from, to) => sayInRooms(hub, from, to));
  },
});

/** @param {(from: number, to: number) => Promise<void>} make Makes the rooms of these numbers. */
async function heapPer(count, make) {
  await make(0, FIRST_ROOMS);
  const before = await heapUsed();
  await make(FIRST_ROOMS, FIRST_ROOMS + count);
  return ((await heapUsed()) - before) / count;
}

async function joinRooms(sockets, from, to) {
  let joined = 0;
  for (let room = from; room < to; ) {
    for (const socket of sockets) {
      for (let nth = 0; nth < PER_TURN; nth++, room++) {
        socket.send({ type: "join_room", payload: { room_id: `room-${room}` } });
      }
    }
    await nextTurn();
    for (const socket of sockets) joined += socket.take("room_info").length;
  }
  await sleep(QUIET);
  for (const socket of sockets) joined += socket.take("room_info").length;
  if (joined !== to - from) throw new Error(`${joined} of ${to - from} rooms were joined.`);
}

async function sayInRooms(hub, from, to) {
  for (let room = from; room < to; room++) {
    const payload = { content: `The first message in room ${room}.` };
    const { seq } = await hub.room(`room-${room}`).broadcast("new_message", payload);
    if (seq !== 1) throw new Error(`The first message in a room has the number ${seq}.`);
  }
  await sleep(QUIET);
}

async function heapUsed() {
  for (let pass = 0; pass < 2; pass++) {
    global.gc();
    await sleep(100);
  }
  return process.memoryUsage().heapUsed;
}
