/** What attackers say: envelopes of all types, and what becomes of them under mutation. */

/** The room of the well-behaved pair. Attackers may join it: that is no attack. */
export const PAIR_ROOM = "pair";

const ROOMS = [
  PAIR_ROOM,
  "room-1",
  "room-2",
  "room-3",
  "room-4",
  "__proto__",
  "constructor",
  "💥",
  "\ud800",
  "\u0000",
];
const TYPES = [
  "join_room",
  "leave_room",
  "send_message",
  "send_message",
  "send_message",
  "typing",
  "stop_typing",
  "online_users",
  "ping",
  "pong",
];
/** What only a server says, and what nobody does. */
const STRANGE_TYPES = ["ack", "error", "new_message", "room_info", "gap", "toString", "__proto__"];
const FIELDS = ["type", "room", "payload", "id", "sender", "timestamp", "seq", "epoch"];

/** Stands for JSON text that `JSON.stringify` would not write. */
const RAW = "\u0001raw:";
const WEIRD = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  `${RAW}1e999`,
  `${RAW}-0`,
  `${RAW}-123456789012345678901234567890`,
  `${RAW}${"[".repeat(65)}${"]".repeat(65)}`,
  `${RAW}${"[".repeat(64)}${"]".repeat(64)}`,
  `${RAW}${'{"a":'.repeat(300)}1${"}".repeat(300)}`,
  `${RAW}${"[".repeat(1000)}`,
  "",
  "a".repeat(128),
  "a".repeat(129),
  "a".repeat(1500),
  "💥".repeat(64),
  "💥".repeat(65),
  "\ud800",
  "\udc00\ud800",
  "\u0000\u2028\uFEFF",
  "__proto__",
  "constructor",
  "#1",
  [],
  {},
  [[[{}]]],
  `${RAW}{"length":1,"then":1,"toJSON":"x"}`,
  { room_id: null },
  { room_id: { toString: 1 } },
  { room_id: "a".repeat(129) },
];
/** Fields written by hand in front of the others, or after them. */
const EXTRAS = [
  '"__proto__":{"type":"ping","isAdmin":true}',
  '"constructor":{"prototype":{"polluted":true}}',
  '"type":"ping"',
  '"type":"send_message"',
  '"id":"twice"',
  '"id":7',
  '"room":"pair"',
  '"sender":{"id":"left","name":"left"},"seq":1',
  '"sender":{"id":"server"},"timestamp":"never","epoch":"none"',
  '"toJSON":1',
];

/**
 * One message, as bytes. About a third are valid, most of the others are JSON.
 *
 * @param {(bound: number) => number} random
 * @param {string} id Used by no other message on the same connection.
 */
export function message(random, id) {
  const envelope = valid(random, id);
  const kind = random(100);
  if (kind < 35) return Buffer.from(JSON.stringify(envelope));
  if (kind < 80) return Buffer.from(mutateJson(random, envelope));
  return mutateBytes(random, Buffer.from(inAscii(JSON.stringify(envelope))));
}

function valid(random, id) {
  const type = random(20) === 0 ? pick(random, STRANGE_TYPES) : pick(random, TYPES);
  const envelope = { type };
  if (random(8) > 0) envelope.id = id;
  if (["join_room", "leave_room", "online_users"].includes(type)) {
    // Leaving as often as joining would leave nobody to talk to.
    const room = type === "leave_room" && random(4) > 0 ? "room-1" : roomName(random);
    envelope.payload = { room_id: room };
    if (type === "join_room" && random(4) === 0) {
      envelope.payload.since = { epoch: pick(random, ["", "a", "0"]), seq: random(200) - 1 };
    }
  } else {
    envelope.room = roomName(random);
    if (type === "send_message") envelope.payload = { content: "x".repeat(random(200)), of: id };
  }
  return envelope;
}

function mutateJson(random, envelope) {
  for (let times = random(3); times >= 0; times--) {
    const target =
      random(4) === 0 && typeof envelope.payload === "object" && envelope.payload !== null
        ? envelope.payload
        : envelope;
    const field =
      target === envelope ? pick(random, FIELDS) : pick(random, ["room_id", "since", "content"]);
    if (random(5) === 0) delete target[field];
    else target[field] = structuredClone(pick(random, WEIRD));
  }
  let text = JSON.stringify(envelope).replace(/"\\u0001raw:((?:[^"\\]|\\.)*)"/g, (_, raw) =>
    raw.replaceAll('\\"', '"'),
  );
  if (random(3) === 0) {
    const extra = pick(random, EXTRAS);
    if (random(2) === 0 && text !== "{}") text = `{${extra},${text.slice(1)}`;
    else if (text !== "{}") text = `${text.slice(0, -1)},${extra}}`;
  }
  return text;
}

/** Half a character would end the connection, as would a stray byte, and with it what follows there. */
function inAscii(json) {
  return json.replace(/[\u0080-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A few bytes flipped, lost, doubled, moved or cut off. */
function mutateBytes(random, original) {
  let bytes = original;
  for (let times = random(4); times >= 0; times--) {
    const at = random(bytes.length + 1);
    const to = Math.min(bytes.length, at + 1 + random(8));
    const [before, piece, after] = [
      bytes.subarray(0, at),
      bytes.subarray(at, to),
      bytes.subarray(to),
    ];
    const parts = [
      () => [before, Buffer.from([random(random(300) === 0 ? 256 : 128)]), after],
      () => [
        before,
        Buffer.from(pick(random, ['"', "{", "}", ",", "\\", "null", "\\ud83d"])),
        after,
      ],
      () => [before, after],
      () => [before, piece, piece, after],
      () => [after, before, piece],
      () => [before],
    ];
    bytes = Buffer.concat(pick(random, parts)());
  }
  return random(1_000) === 0 ? Buffer.concat([bytes, Buffer.alloc(4096, " ")]) : bytes;
}

function roomName(random) {
  return random(12) === 0 ? `room-${random(1_000)}` : pick(random, ROOMS);
}

export function pick(random, list) {
  return list[random(list.length)];
}
