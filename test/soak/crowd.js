/**
 * A process of many members of one room, who read everything and count its bytes, and one who says what it is told.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { answerParent } from "../../bench/ask.js";
import { frame, Opcode } from "./frame.js";
import { Wire } from "./wire.js";

const AT_ONCE = 100;
/** Milliseconds without a byte after which everything has come. */
const SILENCE = 500;
/** Milliseconds between two signs of life. */
const ALIVE_EVERY = 1_000;

const pong = frame(Opcode.pong);

/** Bytes that members have read; kept apart from those that the speaker has. */
let received = 0;
let lastAt = 0;
/** @type {Wire} */
let speaker;
let answers = 0;

answerParent({
  /** Resolves once all are members, and nothing more comes. */
  async open({ port, room, count, isAlive = false }) {
    for (let first = 0; first < count; first += AT_ONCE) {
      const group = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => {
        return Wire.open({ port, name: `member-${first + index}` });
      });
      for (const wire of await Promise.all(group)) {
        join(wire, room);
        // Nobody answers the pings.
        if (isAlive) setInterval(() => wire.write(pong), ALIVE_EVERY);
      }
    }
    speaker = await Wire.open({ port, name: "speaker" });
    speaker.socket.on("data", ({ length }) => {
      answers += length;
      lastAt = performance.now();
    });
    speaker.send({ type: "join_room", payload: { room_id: room } });
    await silence();
  },

  /**
   * The speaker sends messages, one after the other, so many a second.
   *
   * @returns bytes that it sent, that members got for it, and that it got itself.
   */
  async speak({ messages, perSecond }) {
    received = 0;
    answers = 0;
    const frames = messages.map((message) => frame(Opcode.text, message));
    const start = performance.now();
    for (const [index, bytes] of frames.entries()) {
      const early = (index * 1000) / perSecond - (performance.now() - start);
      if (early > 1) await sleep(early);
      speaker.write(bytes);
    }
    lastAt = performance.now();
    await silence();
    const sent = frames.reduce((sum, { length }) => sum + length, 0);
    return { sent, received, answers };
  },
});

/** From here on its bytes are counted and not looked at: thousands of parsers would be the bottleneck. */
function join(wire, room) {
  wire.send({ type: "join_room", payload: { room_id: room } });
  wire.socket.removeAllListeners("data");
  wire.socket.on("data", ({ length }) => {
    received += length;
    lastAt = performance.now();
  });
}

async function silence() {
  lastAt = performance.now();
  while (performance.now() - lastAt < SILENCE) await sleep(50);
}
