import { setTimeout as sleep } from "node:timers/promises";
import { frame, Opcode } from "../frame.js";
import { Wire } from "../wire.js";
import { faultOf } from "./oracle.js";

const BATCH = 50;
/** Stoppers that share a room. */
const TOGETHER = 8;
/** Milliseconds without reading: mostly few, at times so many that the kernel takes no more. */
const SHORT = 40;
const LONG = 6_000;
const LONG_ONE_IN = 80;
const MOST_BYTES = 3_500;
/** With 10,000 messages behind it, it is closed. */
const TOO_SLOW = 4000;
const PATIENCE = 15_000;

/**
 * Sends to a room in which others do the same, stops reading and goes on. Each message has its ack, and each
 * position of the room is accounted for once, in order.
 */
export class Stopper {
  sent = 0;
  stops = 0;
  connections = 0;
  outcomes = new Map();
  #to;
  #room;
  #random;
  #context;
  /** @type {Wire | undefined} */
  #wire;
  #position = 0;
  /** Own positions that an ack told early: they still come. */
  #most = 0;
  #due = new Set();
  #count = 0;
  #onSettled = () => {};

  /** @param {{ port: number, name: string, random: (bound: number) => number }} options */
  constructor({ port, name, random }, context) {
    this.#to = { port, name, onText: (text) => this.#receive(text) };
    const [, index] = name.split("-");
    this.#room = `stop-${Math.floor(Number(index) / TOGETHER)}`;
    this.#random = random;
    this.#context = context;
  }

  async run(count) {
    for (let left = count; left > 0; left -= BATCH) await this.#batch(Math.min(BATCH, left));
  }

  async leave() {
    const wire = this.#wire;
    this.#wire = undefined;
    await wire?.close();
  }

  async #batch(count) {
    const wire = this.#wire ?? (await this.#open());
    const random = this.#random;
    const settled = new Promise((resolve) => {
      this.#onSettled = resolve;
    });
    const frames = Array.from({ length: count }, () => {
      const id = `s${++this.#count}`;
      this.#due.add(id);
      const payload = "x".repeat(random(MOST_BYTES));
      const message = { type: "send_message", room: this.#room, payload, id };
      return frame(Opcode.text, JSON.stringify(message));
    });
    wire.socket.pause();
    wire.write(Buffer.concat(frames));
    this.sent += count;
    this.stops++;
    await sleep(random(LONG_ONE_IN) === 0 ? random(LONG) : random(SHORT));
    wire.socket.resume();
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE, "nothing");
    });
    const ending = await Promise.race([settled, wire.closed, late]);
    clearTimeout(timer);
    if (ending === "settled") return;
    if (ending === TOO_SLOW) {
      this.#note("closed with 4000");
    } else {
      const due = `${this.#due.size} acks are due, position ${this.#position} of ${this.#most}`;
      this.#violate(`${ending}; ${due}`);
    }
    this.#wire = undefined;
    await wire.cut();
  }

  async #open() {
    this.#due.clear();
    this.#most = 0;
    const wire = await Wire.open(this.#to);
    this.connections++;
    this.#wire = wire;
    await wire.join(this.#room);
    return wire;
  }

  #receive(text) {
    const fault = faultOf(text, this.#context.isUser);
    if (fault !== undefined) {
      this.#violate(`${fault}: ${text}`);
      return;
    }
    const envelope = JSON.parse(text);
    const { type, id, seq, payload } = envelope;
    if (type === "error") this.#violate(text);
    else if (type === "room_info") this.#position = seq;
    else if (type === "gap") this.#gap(payload);
    else if (type === "ack") this.#ack(id, seq);
    else if (seq !== undefined) this.#step(seq, type);
    if (id?.startsWith("ask-")) this.#wire?.settle(envelope);
    if (this.#due.size === 0 && this.#position >= this.#most) this.#onSettled("settled");
  }

  #ack(id, seq) {
    if (!this.#due.delete(id)) this.#violate(`an ack for ${id}, which has none due`);
    this.#most = Math.max(this.#most, seq);
    // One that comes early changes nothing: the position is accounted for later.
    if (seq === this.#position + 1) this.#position = seq;
    else if (seq <= this.#position) this.#violate(`an ack of ${seq} at ${this.#position}`);
  }

  #gap({ from, to }) {
    this.#note("gap");
    if (from !== this.#position + 1 || to < from) {
      this.#violate(`a gap from ${from} to ${to} at ${this.#position}`);
    }
    this.#position = to;
  }

  #step(seq, type) {
    if (seq !== this.#position + 1) this.#violate(`from ${this.#position} to ${seq} with ${type}`);
    this.#position = seq;
  }

  #note(outcome) {
    const key = `stopping reader: ${outcome}`;
    this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
  }

  #violate(what) {
    this.#context.violations.push(`${this.#to.name}: ${what.slice(0, 300)}`);
  }
}
