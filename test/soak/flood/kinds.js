import { closeFrame, frame, Opcode } from "../frame.js";

/** Bytes of one write. */
const CHUNK = 64 * 1024;
/** Empty pieces of one message: so many that the message itself costs nothing. */
const EMPTY_PIECES = 15_000;

const { continuation, ping, pong, text } = Opcode;
const MESSAGE = '{"type":"ping"}';
const message = frame(text, MESSAGE);

const pieces = [...MESSAGE].map((character, index) => {
  const isLast = index === MESSAGE.length - 1;
  return frame(index === 0 ? text : continuation, character, { isLast });
});
const emptyPieces = [
  frame(text, "", { isLast: false }),
  ...Array(EMPTY_PIECES).fill(frame(continuation, "", { isLast: false })),
  frame(continuation),
];

/**
 * What a flooder sends without end.
 *
 * @typedef {object} Kind
 * @property {Buffer} chunk What it writes, again and again.
 * @property {Buffer} [first] What it writes before.
 * @property {"uws"} [hasNoHandlerOn] Where nothing is told of them, so that nothing can be done about them.
 * @property {boolean} [goesOn] Whether it goes on after the server's close frame, until the line is cut.
 */

/** @type {Record<string, Kind>} */
export const kinds = {
  messages: { chunk: fill(message) },
  "pings, empty": { chunk: fill(frame(ping)) },
  "pings of 125 bytes": { chunk: fill(frame(ping, "x".repeat(125))) },
  pongs: { chunk: fill(frame(pong)) },
  "messages in pieces of a byte": { chunk: fill(Buffer.concat(pieces)) },
  "messages in empty pieces": { chunk: fill(Buffer.concat(emptyPieces)), hasNoHandlerOn: "uws" },
  "messages after its close frame": {
    first: closeFrame(1000),
    chunk: fill(message),
    goesOn: true,
  },
  "messages after 1008": { chunk: fill(message), goesOn: true },
};

/** The bytes over and over: at least once, and at least {@link CHUNK} of them. */
function fill(bytes) {
  return Buffer.concat(Array(Math.ceil(CHUNK / bytes.length)).fill(bytes));
}
