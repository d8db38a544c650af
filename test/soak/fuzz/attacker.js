import { frame, Opcode } from "../frame.js";
import { isKnownClose } from "../protocol.js";
import { Wire } from "../wire.js";
import { message } from "./messages.js";
import { expectationOf, faultOf, faultOfAnswer } from "./oracle.js";

const BATCH = 50;
/** Milliseconds for an answer that has not come with the others. */
const PATIENCE = 10_000;

/** Sends mutated messages in batches, and accounts for every answer. */
export class Attacker {
  /** Messages sent, answers under an id, connections used up. */
  sent = 0;
  answered = 0;
  connections = 0;
  /** How often what was said against it: error codes, close codes. @type {Map<string, number>} */
  outcomes = new Map();
  #port;
  #name;
  #random;
  #context;
  #count = 0;
  /** @type {Wire | undefined} */
  #wire;
  /** What is still due of this batch: types by id. @type {Map<string, string[]>} */
  #due = new Map();
  /** Ids whose messages may be answered or not. */
  #free = new Set();
  #unnamed = 0;
  #closing = false;
  #sentinel = "";
  #onSettled = () => {};

  /**
   * @param {{ port: number, name: string, random: (bound: number) => number }} options
   * @param {object} context
   * @param {string[]} context.violations Where to put what is wrong.
   * @param {(userId: string) => boolean} context.isUser
   * @param {boolean} context.isLimited Whether the server may close for flooding.
   */
  constructor({ port, name, random }, context) {
    this.#port = port;
    this.#name = name;
    this.#random = random;
    this.#context = context;
  }

  async run(count) {
    for (let left = count; left > 0; left -= BATCH) await this.#batch(Math.min(BATCH, left));
  }

  async leave() {
    await this.#wire?.close();
    this.#wire = undefined;
  }

  async #batch(count) {
    const wire = this.#wire ?? (await this.#open());
    const messages = Array.from({ length: count }, () => message(this.#random, this.#nextId()));
    let least = 0;
    let most = 0;
    this.#due.clear();
    this.#free.clear();
    this.#unnamed = 0;
    this.#closing = this.#context.isLimited;
    for (const expectation of messages.map(expectationOf)) {
      const { outcome, id, type } = expectation;
      if (outcome === "closes") this.#closing = true;
      if (outcome === "named") this.#due.set(id, [...(this.#due.get(id) ?? []), type]);
      if (outcome === "free" && id !== undefined) this.#free.add(id);
      if (outcome === "unnamed") least++;
      if (outcome === "unnamed" || outcome === "free") most++;
    }
    this.#sentinel = this.#nextId();
    this.#due.set(this.#sentinel, ["ping"]);
    const last = JSON.stringify({ type: "ping", id: this.#sentinel });
    const settled = new Promise((resolve) => {
      this.#onSettled = resolve;
    });
    wire.write(Buffer.concat([...messages, last].map((bytes) => frame(Opcode.text, bytes))));
    this.sent += count;
    const isOpen = await this.#inTime(settled, wire);
    if (!isOpen) {
      this.#wire = undefined;
      return;
    }
    if (this.#unnamed < least || this.#unnamed > most) {
      this.#violate(`${this.#unnamed} answers without id, due were ${least} to ${most}`, messages);
    }
  }

  /** Whether all answers came before the connection ended. */
  async #inTime(settled, wire) {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, PATIENCE, "late");
    });
    const outcome = await Promise.race([settled, wire.closed, late]);
    clearTimeout(timer);
    if (outcome === "settled") return true;
    this.#note(`closed with ${outcome}`);
    if (outcome === "late") {
      this.#violate(`no answer to ${[...this.#due.values()].flat()}`, [...this.#due.keys()]);
      await wire.cut();
    } else if (!this.#closing) {
      this.#violate(`closed with ${outcome} for no reason`, []);
    } else if (!isKnownClose(outcome)) {
      this.#violate(`closed with ${outcome}, which is not documented`, []);
    }
    return false;
  }

  #receive(text) {
    const fault = faultOf(text, this.#context.isUser);
    if (fault !== undefined) {
      this.#violate(fault, [text]);
      return;
    }
    const envelope = JSON.parse(text);
    const { type, id } = envelope;
    if (type === "error") this.#note(envelope.payload.code);
    if (id === undefined) {
      if (type === "error" || type === "ack" || type === "pong") this.#unnamed++;
      return;
    }
    const types = this.#due.get(id);
    if (types === undefined) {
      if (!this.#free.has(id)) this.#violate("an answer that nothing is waiting for", [text]);
      return;
    }
    this.answered++;
    // The same id may stand for several messages of a batch; which of them this answers, only types tell.
    const match = types.findIndex((each) => faultOfAnswer(envelope, each) === undefined);
    if (match < 0) this.#violate(faultOfAnswer(envelope, types[0]), [text]);
    types.splice(Math.max(0, match), 1);
    if (types.length === 0) this.#due.delete(id);
    if (this.#due.size === 0) this.#onSettled("settled");
  }

  async #open() {
    const wire = await Wire.open({
      port: this.#port,
      name: this.#name,
      onText: (text) => this.#receive(text),
    });
    this.connections++;
    this.#wire = wire;
    return wire;
  }

  #note(outcome) {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  #nextId() {
    return `${this.#name}-${++this.#count}`;
  }

  #violate(what, messages) {
    const shown = messages.map(String).find((text) => text !== "") ?? "";
    this.#context.violations.push(`${this.#name}: ${what}: ${shown.slice(0, 300)}`);
  }
}
