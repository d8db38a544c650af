/**
 * What the load must know of a server's wire: where to connect, what to write, and which byte of a
 * frame's payload tells what it is. Frames are never parsed further than to that byte.
 */

/** What a frame from the server can be. Anything else is a failure. */
export const Kind = { unexpected: 0, message: 1, ack: 2, joined: 3, ready: 4, ignored: 5, ping: 6 };

/**
 * @typedef {object} Dialect
 * @property {(name: string) => string} path The path to connect to under a name.
 * @property {boolean} isReadyAtOnce Whether the WebSocket is all there is to connecting.
 * @property {string} hello What to write once it is open, if anything.
 * @property {string} heartbeat What answers a heartbeat that is a message.
 * @property {number} kindAt The position in the payload of the byte that tells the kind.
 * @property {Uint8Array} kinds The kind, by that byte; by 0 where the payload is shorter.
 * @property {(room: string, since?: object) => string} join From a position, where it has one.
 * @property {(room: string, content: string, index: number) => string} say
 */

/** `{"type":"…` : the first letter of the type. */
const json = {
  path: (name) => `/ws?token=${name}`,
  isReadyAtOnce: true,
  hello: "",
  heartbeat: "",
  kindAt: '{"type":"'.length,
  kinds: kindsBy({
    n: Kind.message, // new_message
    a: Kind.ack,
    r: Kind.joined, // room_info
    u: Kind.ignored, // user_joined
  }),
  join: (room, since) => JSON.stringify({ type: "join_room", payload: { room_id: room, since } }),
  say: (room, content, index) =>
    JSON.stringify({ type: "send_message", room, payload: { content }, id: `m${index}` }),
};

/** The same with a message type of the application's own: the others get each `draw` as `drawn`. */
const draw = {
  ...json,
  kinds: kindsBy({
    d: Kind.message, // drawn
    a: Kind.ack,
    r: Kind.joined, // room_info
    u: Kind.ignored, // user_joined
    s: Kind.ignored, // skipped: to its sender, that the message was not for it
  }),
  say: (room, content, index) =>
    JSON.stringify({ type: "draw", room, payload: { content }, id: `m${index}` }),
};

/** Engine.IO 4 and Socket.IO 5 by hand: the second character is the Socket.IO packet type. */
const socketIo = {
  path: (name) => `/socket.io/?EIO=4&transport=websocket&token=${name}`,
  isReadyAtOnce: false,
  hello: "40",
  heartbeat: "3",
  kindAt: 1,
  kinds: kindsBy({
    "\0": Kind.ping, // "2" alone
    "{": Kind.ignored, // "0{…": the Engine.IO handshake
    0: Kind.ready, // "40…"
    2: Kind.message, // "42…"
    3: Kind.ack, // "43…", which answers a join too
  }),
  join: (room) => `420${JSON.stringify(["join_room", { room_id: room }])}`,
  say: (room, content, index) =>
    `42${index}${JSON.stringify(["send_message", { room, payload: { content }, id: `m${index}` }])}`,
};

/** @type {Record<string, Dialect>} */
export const dialects = { json, draw, socketIo };

function kindsBy(letters) {
  const kinds = new Uint8Array(256);
  for (const [letter, kind] of Object.entries(letters)) kinds[letter.charCodeAt(0)] = kind;
  return kinds;
}
