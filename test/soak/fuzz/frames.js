import { closeFrame, frame, Opcode } from "../frame.js";
import { pick } from "./messages.js";

const { binary, close, continuation, ping, pong, text } = Opcode;

/**
 * An attack on a connection of its own, below the level of messages.
 *
 * @typedef {object} Attack
 * @property {string} name
 * @property {"answered" | "closes" | "ends" | "either" | "cut"} outcome What follows: a `ping` message
 * written after it is answered; the server closes; it does, with a code or without, as it was asked to;
 * it closes or answers; or the attacker itself cuts the line.
 * @property {Buffer} bytes
 */

const PING = '{"type":"ping","id":"p"}';
const NOT_UTF8 = [
  [0xff],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xe2, 0x82],
].map((bytes) => Buffer.from(bytes));
const pingFrame = frame(text, PING);

/** @type {Record<string, (random: (bound: number) => number) => [Attack["outcome"], ...Buffer[]]>} */
const attacks = {
  "reserved opcode": (random) => [
    "closes",
    frame(pick(random, [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), PING),
  ],
  "reserved bits": (random) => ["closes", frame(text, PING, { reserved: 1 + random(7) })],
  "not masked": () => ["closes", frame(text, PING, { isMasked: false })],
  "control frame too long": (random) => [
    "closes",
    frame(pick(random, [ping, pong, close]), Buffer.alloc(126 + random(500), "a")),
  ],
  "control frame in pieces": (random) => [
    "closes",
    frame(pick(random, [ping, pong]), "a", { isLast: false }),
    frame(continuation, "b"),
  ],
  "continuation of nothing": () => ["closes", frame(continuation, PING)],
  "message inside a message": () => [
    "closes",
    frame(text, PING.slice(0, 9), { isLast: false }),
    frame(text, PING),
  ],
  "not UTF-8": (random) => ["closes", frame(text, pick(random, NOT_UTF8))],
  "not UTF-8, in pieces": (random) => [
    "closes",
    frame(text, '"', { isLast: false }),
    frame(continuation, pick(random, NOT_UTF8)),
  ],
  "UTF-8 cut between pieces": () => [
    "answered",
    frame(text, Buffer.from('{"type":"ping","payload":"💥"}').subarray(0, 28), { isLast: false }),
    frame(continuation, Buffer.from('{"type":"ping","payload":"💥"}').subarray(28)),
  ],
  "close code that may not be sent": (random) => [
    "ends",
    closeFrame(pick(random, [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535])),
  ],
  "close frame of one byte": () => ["ends", frame(close, "a")],
  "close reason not UTF-8": (random) => ["ends", closeFrame(1000, pick(random, NOT_UTF8))],
  "binary message": (random) => ["closes", frame(binary, Buffer.alloc(random(50), PING))],
  "too large": (random) => ["closes", frame(text, Buffer.alloc(4097 + random(100_000), " "))],
  "too large in pieces": (random) => [
    "closes",
    frame(text, "", { isLast: false }),
    ...Array.from({ length: 10 }, () => {
      return frame(continuation, Buffer.alloc(500 + random(500), " "), { isLast: false });
    }),
    frame(continuation, Buffer.alloc(500, " ")),
  ],
  "absurd length": (random) => [
    "closes",
    frame(text, PING, { size: 10, length: pick(random, [2 ** 31, 2 ** 40, 2 ** 53 - 1]) }),
  ],
  "length with its sign bit": () => {
    const bytes = frame(text, PING, { size: 10 });
    bytes[2] = 0xff;
    return ["closes", bytes];
  },
  // RFC 6455, 5.2: the shortest form must be used; nothing says what to do about another one.
  "length in a long form": (random) => [
    "either",
    frame(text, PING, { size: pick(random, [4, 10]) }),
  ],
  // What is left over is taken for frames, which may be right ones and long.
  "length too small": (random) => ["cut", frame(text, PING, { length: 1 + random(10) })],
  "length too large, then cut": (random) => [
    "cut",
    frame(text, PING, { length: PING.length + 1 + random(3000) }),
  ],
  "cut in a frame": (random) => ["cut", pingFrame.subarray(0, 1 + random(pingFrame.length - 1))],
  "cut in a message in pieces": () => ["cut", frame(text, PING.slice(0, 9), { isLast: false })],
  "in pieces": (random) => ["answered", ...pieces(random, [])],
  "in pieces, with pings between": (random) => [
    "answered",
    ...pieces(random, [frame(ping, "are you there"), frame(pong)]),
  ],
  "many empty pieces": (random) => ["answered", ...emptyPieces(random(60))],
  // `ws` closes for so many; uWebSockets.js tells nobody.
  "too many empty pieces": (random) => ["either", ...emptyPieces(100 + random(200))],
  "empty message": () => ["answered", frame(text)],
  "some pings": (random) => ["answered", ...Array(1 + random(50)).fill(frame(ping, "x"))],
  // `ws` lets so many pongs wait, 60 by default, and then cuts the line.
  "flood of pings": (random) => ["either", ...Array(100 + random(400)).fill(frame(ping, "x"))],
  noise: (random) => [
    "cut",
    Buffer.from(Array.from({ length: 1 + random(300) }, () => random(256))),
  ],
};

export const attackNames = Object.keys(attacks);

/** @returns {Attack} */
export function attack(random, name) {
  const [outcome, ...frames] = attacks[name](random);
  return { name, outcome, bytes: Buffer.concat(frames) };
}

/** The message in one piece, and so many empty ones. */
function emptyPieces(count) {
  return [
    frame(text, PING, { isLast: false }),
    ...Array(count).fill(frame(continuation, "", { isLast: false })),
    frame(continuation),
  ];
}

/** The message in up to ten pieces, with other frames between them. */
function pieces(random, between) {
  const frames = [];
  let rest = PING;
  let opcode = text;
  for (let left = random(9); left > 0; left--) {
    const length = random(rest.length);
    frames.push(frame(opcode, rest.slice(0, length), { isLast: false }), ...between);
    rest = rest.slice(length);
    opcode = continuation;
  }
  return [...frames, frame(opcode, rest)];
}
