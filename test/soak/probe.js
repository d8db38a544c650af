import { setTimeout as sleep } from "node:timers/promises";
import { Wire } from "./wire.js";

/** One `ping` each so many milliseconds, by turns of the probe's clients: fewer than the rate limit allows. */
const EVERY_MS = 6;
/** Milliseconds for answers that are due at the end. */
const PATIENCE = 5_000;

/**
 * Well-behaved clients who ask with the clock, whether answers come or not, and measure how long an answer takes
 * from the moment when its question was due.
 */
export class Probe {
  static CLIENTS = 2;
  /** @type {Wire[]} */
  #wires;
  /** When the questions that are not answered yet were due. @type {Map<string, number>} */
  #due = new Map();
  /** @type {number[]} */
  #times = [];
  #refused = 0;
  #ended = 0;

  /** @param {number} port */
  static async open(port) {
    const names = Array.from({ length: Probe.CLIENTS }, (_, index) => `other-${index}`);
    return new Probe(await Promise.all(names.map((name) => Wire.open({ port, name }))));
  }

  constructor(wires) {
    this.#wires = wires;
    for (const wire of wires) {
      wire.onText = (text) => this.#receive(text);
      wire.closed.then(() => this.#ended++);
    }
  }

  /** Asks for so long; resolves to percentiles in milliseconds, and to how many questions had no answer. */
  async measure(seconds) {
    this.#times = [];
    this.#refused = 0;
    const start = performance.now();
    const total = Math.round((seconds * 1000) / EVERY_MS);
    for (let sent = 0; sent < total; ) {
      for (const elapsed = performance.now() - start; sent * EVERY_MS <= elapsed; sent++) {
        const id = `${sent}`;
        this.#due.set(id, start + sent * EVERY_MS);
        this.#wires[sent % Probe.CLIENTS].send({ type: "ping", id });
      }
      await sleep(1);
    }
    const deadline = performance.now() + PATIENCE;
    while (this.#due.size > 0 && performance.now() < deadline) await sleep(10);
    const missing = this.#due.size;
    for (const due of this.#due.values()) this.#times.push(performance.now() - due);
    this.#due.clear();
    const sorted = this.#times.sort((a, b) => a - b);
    const at = (share) => sorted[Math.floor(sorted.length * share)];
    const faults = { missing, refused: this.#refused, closed: this.#ended };
    return { p50: at(0.5), p99: at(0.99), worst: sorted.at(-1), faults };
  }

  close() {
    return Promise.all(this.#wires.map((wire) => wire.cut()));
  }

  #receive(text) {
    const { type, id } = JSON.parse(text);
    const due = this.#due.get(id);
    if (due === undefined) return;
    this.#due.delete(id);
    if (type !== "pong") this.#refused++;
    this.#times.push(performance.now() - due);
  }
}
