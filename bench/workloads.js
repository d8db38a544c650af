/**
 * What is measured, and what roomcast is to reach.
 *
 * @typedef {object} Workload
 * @property {string} name For `--only`.
 * @property {string} title
 * @property {"chat" | "memory" | "size"} measure CPU of a chat; memory of idle connections; CPU by size
 * of room.
 * @property {string[]} peers
 * @property {number} clients
 * @property {number} rooms
 * @property {number} burst Messages of one client in one write.
 * @property {number} everyMs Milliseconds from one burst to the next.
 * @property {number} senders Members of one room that send their bursts at the same time.
 * @property {number} [inFlight] Sends as fast as acks come instead, this many bursts at a time.
 * @property {Target[]} targets
 *
 * @typedef {{ than: string, atMost: number }} Target CPU per delivered frame, as a multiple of a
 * peer's; for memory, KB per connection above a peer's.
 */

const everyone = ["roomcast-ws", "ws-loop", "socket.io", "crossws", "uws-native"];
const chat = { measure: "chat", peers: everyone, clients: 500, rooms: 10, senders: 1, targets: [] };

/** One room of each size; about as many deliveries a second, one message at a time. */
const sizes = [
  { members: 10, everyMs: 1 },
  { members: 100, everyMs: 2 },
  { members: 1_000, everyMs: 20 },
  { members: 5_000, everyMs: 100 },
];

/** A larger room may cost this much more per delivery than the cheapest smaller one: noise. */
export const GROWTH = 1.1;

/** @type {Workload[]} */
export const workloads = [
  {
    ...chat,
    name: "single",
    title: "500 clients in rooms of 50, 1 message per ms",
    burst: 1,
    everyMs: 1,
    targets: [
      { than: "socket.io", atMost: 0.75 },
      { than: "ws-loop", atMost: 1.05 },
    ],
  },
  {
    ...chat,
    name: "burst-10",
    peers: [...everyone, "uws-deferred"],
    title: "The same, in bursts of 10",
    burst: 10,
    everyMs: 10,
    targets: [
      { than: "socket.io", atMost: 0.4 },
      { than: "ws-loop", atMost: 0.5 },
      { than: "uws-native", atMost: 1.25 },
      { than: "uws-deferred", atMost: 1.25 },
    ],
  },
  {
    ...chat,
    name: "burst-100",
    peers: [...everyone, "uws-deferred"],
    title: "The same, in bursts of 100",
    burst: 100,
    everyMs: 100,
    targets: [
      { than: "socket.io", atMost: 0.15 },
      { than: "ws-loop", atMost: 0.15 },
      { than: "uws-native", atMost: 1.1 },
      { than: "uws-deferred", atMost: 1.1 },
    ],
  },
  {
    ...chat,
    name: "burst-20",
    peers: ["roomcast-ws", "ws-loop", "socket.io", "uws-native"],
    title: "2,000 clients in rooms of 100, bursts of 20, 1 message per 2 ms",
    clients: 2_000,
    rooms: 20,
    burst: 20,
    everyMs: 40,
    targets: [
      { than: "socket.io", atMost: 0.2 },
      { than: "uws-native", atMost: 1.0 },
    ],
  },
  {
    ...chat,
    name: "busy-room",
    peers: ["roomcast-ws", "ws-loop", "socket.io", "uws-native"],
    title: "500 clients in rooms of 50, every 10 ms 10 members of one room send 1 message each",
    burst: 1,
    everyMs: 10,
    senders: 10,
  },
  {
    ...chat,
    name: "full-speed",
    peers: ["roomcast-ws", "ws-loop", "socket.io", "uws-native"],
    title: "500 clients in rooms of 50, 50 messages under way at any time, as fast as acks come",
    burst: 1,
    everyMs: 0,
    inFlight: 50,
  },
  ...sizes.map(({ members, everyMs }) => ({
    ...chat,
    name: `room-${members}`,
    title: `One room of ${members.toLocaleString("en")}`,
    measure: "size",
    peers: ["roomcast-ws", "ws-loop"],
    clients: members,
    rooms: 1,
    burst: 1,
    everyMs,
  })),
  {
    ...chat,
    name: "idle",
    title: "4,000 idle clients, each in a room of its own",
    measure: "memory",
    peers: ["roomcast-ws", "ws-bare", "ws-loop", "socket.io", "crossws", "uws-native"],
    clients: 4_000,
    rooms: 4_000,
    burst: 1,
    everyMs: 0,
    targets: [{ than: "ws-bare", atMost: 1.5 }],
  },
  {
    ...chat,
    name: "idle-50",
    title: "4,000 idle clients in rooms of 50",
    measure: "memory",
    peers: ["roomcast-ws", "ws-bare", "ws-loop"],
    clients: 4_000,
    rooms: 80,
    burst: 1,
    everyMs: 0,
  },
];
