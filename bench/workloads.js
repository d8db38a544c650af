/**
 * What is measured, and what roomcast is to reach.
 *
 * @typedef {object} Workload
 * @property {string} name For `--only`.
 * @property {string} title
 * @property {"chat" | "memory" | "size" | "storm" | "recovery"} measure CPU of a chat; memory of idle
 * connections; CPU by size of room; CPU of connections that drop and come back; CPU of what they missed.
 * @property {string[]} peers
 * @property {number} clients
 * @property {number} rooms
 * @property {number} [roomsEach] Rooms that each client is in, if more than one.
 * @property {number} burst Messages of one client in one write.
 * @property {number} everyMs Milliseconds from one burst to the next.
 * @property {number} senders Members of one room that send their bursts at the same time.
 * @property {number} [inFlight] Sends as fast as acks come instead, this many bursts at a time. Of a storm:
 * connections that come back at a time.
 * @property {number} [storms] How often all drop.
 * @property {number} [times] How often each part of recovery is measured.
 * @property {object} [hub] Options of roomcast's hub, beside those of the peer.
 * @property {Target[]} targets
 *
 * @typedef {{ of: string, than?: string, atMost: number }} Target What one of our servers may cost: CPU
 * as a multiple of a peer's; for memory, KB per connection above a peer's. For recovery there is no peer:
 * CPU per recovered message, as a multiple of a live one.
 */

const everyone = ["roomcast-ws", "roomcast-uws", "ws-loop", "socket.io", "crossws", "uws-native"];
const chat = { measure: "chat", peers: everyone, clients: 500, rooms: 10, senders: 1, targets: [] };

/** With and without history, in the same rounds. */
const history = {
  ...chat,
  peers: ["roomcast-ws", "roomcast-ws-history", "roomcast-uws", "roomcast-uws-history"],
  targets: [
    { of: "roomcast-ws-history", than: "roomcast-ws", atMost: 1.1 },
    { of: "roomcast-uws-history", than: "roomcast-uws", atMost: 1.1 },
  ],
};

/** One room of each size; about as many deliveries a second, one message at a time. */
const sizes = [
  { members: 10, everyMs: 1 },
  { members: 100, everyMs: 2 },
  { members: 1_000, everyMs: 20 },
  { members: 5_000, everyMs: 100 },
];

/** A larger room may cost this much more per delivery than the cheapest smaller one: noise. */
export const GROWTH = 1.1;

const onWs = (than, atMost) => ({ of: "roomcast-ws", than, atMost });
const onUws = (than, atMost) => ({ of: "roomcast-uws", than, atMost });

/** @type {Workload[]} */
export const workloads = [
  {
    ...chat,
    name: "single",
    title: "500 clients in rooms of 50, 1 message per ms",
    burst: 1,
    everyMs: 1,
    targets: [onWs("socket.io", 0.75), onWs("ws-loop", 1.05), onUws("uws-native", 1.1)],
  },
  {
    ...chat,
    name: "burst-10",
    peers: [...everyone, "uws-deferred"],
    title: "The same, in bursts of 10",
    burst: 10,
    everyMs: 10,
    targets: [
      onWs("socket.io", 0.4),
      onWs("ws-loop", 0.5),
      onWs("uws-native", 1.25),
      onWs("uws-deferred", 1.25),
      onUws("uws-native", 1.1),
      onUws("uws-deferred", 1.1),
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
      onWs("socket.io", 0.15),
      onWs("ws-loop", 0.15),
      onWs("uws-native", 1.1),
      onWs("uws-deferred", 1.1),
      onUws("uws-native", 1.0),
      onUws("uws-deferred", 1.0),
    ],
  },
  {
    ...chat,
    name: "burst-20",
    peers: ["roomcast-ws", "roomcast-uws", "ws-loop", "socket.io", "uws-native"],
    title: "2,000 clients in rooms of 100, bursts of 20, 1 message per 2 ms",
    clients: 2_000,
    rooms: 20,
    burst: 20,
    everyMs: 40,
    targets: [onWs("socket.io", 0.2), onWs("uws-native", 1.0), onUws("uws-native", 1.1)],
  },
  {
    ...chat,
    name: "busy-room",
    peers: ["roomcast-ws", "roomcast-uws", "ws-loop", "socket.io", "uws-native"],
    title: "500 clients in rooms of 50, every 10 ms 10 members of one room send 1 message each",
    burst: 1,
    everyMs: 10,
    senders: 10,
    targets: [onUws("uws-native", 1.1)],
  },
  {
    ...chat,
    name: "full-speed",
    peers: ["roomcast-ws", "roomcast-uws", "ws-loop", "socket.io", "uws-native"],
    title: "500 clients in rooms of 50, 50 messages under way at any time, as fast as acks come",
    burst: 1,
    everyMs: 0,
    inFlight: 50,
    targets: [onUws("uws-native", 1.1)],
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
    peers: [
      "roomcast-ws",
      "roomcast-uws",
      "ws-bare",
      "uws-bare",
      "ws-loop",
      "socket.io",
      "crossws",
    ],
    clients: 4_000,
    rooms: 4_000,
    burst: 1,
    everyMs: 0,
    targets: [onWs("ws-bare", 1.5), onUws("uws-bare", 1.5)],
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
  {
    ...chat,
    name: "storm",
    title: "2,000 clients, each in 2 of 100 rooms, drop and come back at once",
    measure: "storm",
    peers: ["roomcast-ws", "roomcast-uws", "ws-loop", "socket.io", "uws-native"],
    clients: 2_000,
    rooms: 100,
    roomsEach: 2,
    burst: 1,
    everyMs: 0,
    inFlight: 200,
    storms: 5,
    targets: [onWs("socket.io", 0.6), onUws("socket.io", 0.6)],
  },
  {
    ...history,
    name: "history",
    title: "History on and off: 500 clients in rooms of 50, 1 message per ms",
    burst: 1,
    everyMs: 1,
  },
  {
    ...history,
    name: "history-burst-10",
    title: "History on and off, in bursts of 10",
    burst: 10,
    everyMs: 10,
  },
  {
    ...chat,
    name: "recovery",
    title: "2,000 clients in rooms of 100 come back, each to 50 messages that it missed",
    measure: "recovery",
    peers: ["roomcast-ws", "roomcast-uws"],
    hub: { history: { messages: 100 }, presence: "none" },
    clients: 2_000,
    rooms: 20,
    burst: 50,
    everyMs: 0,
    inFlight: 200,
    times: 7,
    targets: [onWs(undefined, 1.0), onUws(undefined, 1.0)],
  },
];
