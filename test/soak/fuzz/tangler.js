import { frame, Opcode } from "../frame.js";
import { Wire } from "../wire.js";
import { faultOf } from "./oracle.js";

/** Messages of one batch. */
const BATCH = 20;
const PATIENCE = 10_000;

const { continuation, ping, pong, text } = Opcode;

/**
 * Sends whole messages in pieces, empty ones too, with pings and pongs in between. Each message is answered, each
 * ping has its pong, and all of them come in order.
 */
export class Tangler {
  control = 0;
  fragments = 0;
  connections = 0;
  outcomes = new Map();
  #to;
  #random;
  #context;
  /** @type {Wire | undefined} */
  #wire;
  #count = 0;
  /** What is still to come, in order: ids of answers, contents of pongs. */
  #answers = [];
  #pongs = [];
  #onSettled = () => {};

  /** @param {{ port: number, name: string, random: (bound: number) => number }} options */
  constructor({ port, name, random }, context) {
    this.#to = { port, name, onText: (content) => this.#receive(content) };
    this.#random = random;
    this.#context = context;
  }

  /** Until so many control frames and so many fragments have been sent. */
  async run(count) {
    const [control, fragments] = [this.control + count, this.fragments + count];
    while (this.control < control || this.fragments < fragments) await this.#batch();
  }

  async leave() {
    const wire = this.#wire;
    this.#wire = undefined;
    await wire?.close();
  }

  async #batch() {
    const wire = this.#wire ?? (await this.#open());
    const frames = Array.from({ length: BATCH }, () => this.#message()).flat();
    const settled = new Promise((resolve) => {
      this.#onSettled = resolve;
    });
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE, "nothing");
    });
    wire.write(Buffer.concat(frames));
    const ending = await Promise.race([settled, wire.closed, late]);
    clearTimeout(timer);
    if (ending === "settled") return;
    this.#violate(
      `${ending} instead of ${this.#answers.length} answers, ${this.#pongs.length} pongs`,
    );
    this.#wire = undefined;
    await wire.cut();
  }

  async #open() {
    const wire = await Wire.open(this.#to);
    wire.onPong = (content) => this.#take(this.#pongs, content, "pong");
    this.connections++;
    this.#answers = [];
    this.#pongs = [];
    this.#wire = wire;
    return wire;
  }

  #message() {
    const id = `${++this.#count}`;
    const content = JSON.stringify({ type: "ping", id, payload: "x".repeat(this.#random(40)) });
    this.#answers.push(id);
    const frames = this.#between();
    let rest = content;
    let opcode = text;
    for (let left = 1 + this.#random(6); left > 0; left--) {
      const length = this.#random(4) === 0 ? 0 : this.#random(rest.length);
      frames.push(frame(opcode, rest.slice(0, length), { isLast: false }), ...this.#between());
      this.fragments++;
      rest = rest.slice(length);
      opcode = continuation;
    }
    this.fragments++;
    return [...frames, frame(opcode, rest)];
  }

  #between() {
    const random = this.#random;
    const which = random(3);
    if (which === 0) return [];
    this.control++;
    const content = "x".repeat(random(8) === 0 ? 125 : random(10));
    if (which === 1) return [frame(pong, content)];
    // Each content is another, so that order shows.
    const marked = `${this.control}${content}`.slice(0, 125);
    this.#pongs.push(marked);
    return [frame(ping, marked)];
  }

  #receive(content) {
    const fault = faultOf(content, this.#context.isUser);
    if (fault !== undefined) this.#violate(`${fault}: ${content}`);
    else this.#take(this.#answers, JSON.parse(content).id, "answer");
  }

  #take(due, got, what) {
    const expected = due.shift();
    if (got !== expected) this.#violate(`the ${what} ${got} instead of ${expected}`);
    if (this.#answers.length === 0 && this.#pongs.length === 0) this.#onSettled("settled");
  }

  #violate(what) {
    this.#context.violations.push(`${this.#to.name}: ${what.slice(0, 300)}`);
  }
}
