import { closeFrame, frame, Opcode } from "../frame.js";
import { isKnownClose } from "../protocol.js";
import { Wire } from "../wire.js";
import { PAIR_ROOM, pick } from "./messages.js";
import { faultOf } from "./oracle.js";

/** Milliseconds until the server has ended its half, too. */
const PATIENCE = 6_000;
/** Local addresses, 127.0.0.2 and up: one alone would run out of ports. */
const ADDRESSES = 100;
const CODES = [1000, 1001, 3000, 4000, 4500, 4999];

const ping = frame(Opcode.text, '{"type":"ping","id":"late"}');

/** How it says goodbye: what it writes, and whether it ends its half of the line. */
const goodbyes = {
  "close frame": (random) => [closeFrame(pick(random, CODES)), false],
  "close frame, then messages": (random) => {
    const messages = Array(1 + random(20)).fill(ping);
    return [Buffer.concat([closeFrame(pick(random, CODES)), ...messages]), false];
  },
  "close frame and end": (random) => [closeFrame(pick(random, CODES)), true],
  "end without a close frame": () => [Buffer.alloc(0), true],
  "half a frame, then end": (random) => [ping.subarray(0, 1 + random(ping.length - 1)), true],
};

/** Says goodbye and keeps its line half open: the server ends the other half, and answers nothing any more. */
export class Leaver {
  connections = 0;
  outcomes = new Map();
  #port;
  #name;
  #random;
  #context;

  /** @param {{ port: number, name: string, random: (bound: number) => number }} options */
  constructor({ port, name, random }, context) {
    this.#port = port;
    this.#name = name;
    this.#random = random;
    this.#context = context;
  }

  async run(count) {
    for (let left = count; left > 0; left--) await this.#once();
  }

  async #once() {
    const random = this.#random;
    const name = pick(random, Object.keys(goodbyes));
    const [bytes, ends] = goodbyes[name](random);
    let code;
    const wire = await Wire.open({
      port: this.#port,
      name: this.#name,
      localAddress: `127.0.0.${2 + random(ADDRESSES)}`,
      allowHalfOpen: true,
      onText: (text) => {
        const fault = text.includes('"late"')
          ? "was still answered"
          : faultOf(text, this.#context.isUser);
        if (fault !== undefined) this.#violate(name, `${fault}: ${text}`);
      },
    });
    this.connections++;
    wire.answersClose = false;
    wire.onClose = (its) => {
      code = its;
    };
    const { socket } = wire;
    if (random(4) === 0) wire.join(PAIR_ROOM);
    const ended = new Promise((resolve) => {
      socket.once("end", resolve);
      socket.once("close", resolve);
    });
    if (bytes.length > 0) wire.write(bytes);
    if (ends) socket.end();
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE, "late");
    });
    if ((await Promise.race([ended, late])) === "late")
      this.#violate(name, "the server did not end");
    clearTimeout(timer);
    if (code !== undefined && code !== 1005 && !isKnownClose(code) && !CODES.includes(code)) {
      this.#violate(name, `closed with ${code}, which is not documented`);
    }
    const key = `${name}: ${code ?? "no close frame"}`;
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
    await wire.cut();
  }

  #violate(name, what) {
    this.#context.violations.push(`${this.#name}, ${name}: ${what.slice(0, 300)}`);
  }
}
