import { frame, Opcode } from "../frame.js";
import { isKnownClose } from "../protocol.js";
import { Wire } from "../wire.js";
import { attack, attackNames } from "./frames.js";
import { PAIR_ROOM, pick } from "./messages.js";
import { faultOf } from "./oracle.js";

const PATIENCE = 10_000;
/** What a close frame without a code stands for (RFC 6455, 7.1.5). */
const NO_CODE = 1005;
const AFTER = { type: "ping", id: "after" };

/** Attacks with frames, each on a connection of its own. */
export class Breaker {
  connections = 0;
  /** How often an attack ended how: `not masked: closed 1002`. @type {Map<string, number>} */
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
    const { name, outcome, bytes } = attack(this.#random, pick(this.#random, attackNames));
    let onAnswer;
    const answered = new Promise((resolve) => {
      onAnswer = resolve;
    });
    const onText = (text) => {
      const fault = faultOf(text, this.#context.isUser);
      if (fault !== undefined) this.#violate(name, `${fault}: ${text}`);
      if (text.includes('"id":"after"')) onAnswer("answered");
    };
    const wire = await Wire.open({ port: this.#port, name: this.#name, onText });
    this.connections++;
    if (this.#random(4) === 0) wire.join(PAIR_ROOM);
    if (outcome === "cut") {
      wire.write(bytes);
      await wire.cut();
      this.#count(name, "cut");
      return;
    }
    wire.write(Buffer.concat([bytes, frame(Opcode.text, JSON.stringify(AFTER))]));
    const ending = await this.#ending(answered, wire);
    this.#count(name, ending);
    if (ending === "nothing") this.#violate(name, `neither answered nor closed`);
    else if (ending === "answered") {
      if (outcome === "closes" || outcome === "ends") this.#violate(name, "was not refused");
    } else if (outcome === "answered") {
      this.#violate(name, `was refused with ${ending}`);
    } else if (!isKnownClose(ending) && !(outcome === "ends" && ending === NO_CODE)) {
      this.#violate(name, `closed with ${ending}, which is not documented`);
    }
    await wire.cut();
  }

  async #ending(answered, wire) {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE, "nothing");
    });
    const ending = await Promise.race([answered, wire.closed, late]);
    clearTimeout(timer);
    return ending;
  }

  #count(name, ending) {
    const key = `${name}: ${ending}`;
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
  }

  #violate(name, what) {
    this.#context.violations.push(`${this.#name}, ${name}: ${what.slice(0, 300)}`);
  }
}
