/**
 * The process that floods, or that burns as much CPU without sending anything.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { answerParent } from "../../../bench/ask.js";
import { connections } from "../kernel.js";
import { Wire } from "../wire.js";
import { kinds } from "./kinds.js";

/** Connections of one that goes on after the server's close frame: the old ones, and a new one. */
const MOST = 8;
/** Milliseconds between two looks at what the server has read. */
const LOOK_EVERY = 100;
/** Milliseconds of burning and resting. */
const SLICE = 10;

answerParent({
  async flood({ port, kind, seconds }) {
    const before = process.cpuUsage();
    const start = performance.now();
    const lines = await new Flooder(port, kinds[kind], start + seconds * 1000).run();
    const { user, system } = process.cpuUsage(before);
    const worst = (figure) => Math.max(0, ...lines.map((line) => line[figure])) / 1000;
    return {
      connections: lines.length,
      cut: worst("cutAfter"),
      read: worst("readFor"),
      share: (user + system) / 1000 / (performance.now() - start),
    };
  },

  /** Uses so much of a core. */
  async burn({ share, seconds }) {
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end) {
      const until = performance.now() + Math.min(1, share) * SLICE;
      while (performance.now() < until);
      await sleep(Math.max(0, SLICE * (1 - share)));
    }
  },
});

/** Floods until a time, and comes back at once whenever it is cut. */
class Flooder {
  #port;
  #kind;
  #end;
  /** @type {Line[]} */
  #lines = [];
  #count = 0;

  constructor(port, kind, end) {
    this.#port = port;
    this.#kind = kind;
    this.#end = end;
  }

  /** @returns {Promise<Line[]>} All connections that it had. */
  async run() {
    const looks = setInterval(() => this.#look(), LOOK_EVERY);
    const flooding = [];
    while (performance.now() < this.#end) {
      const line = await this.#open();
      if (line === undefined) continue;
      const over = line.flood(this.#end);
      flooding.push(over);
      // One that goes on has a new connection beside the old ones.
      if (!this.#kind.goesOn || this.#going >= MOST) await over;
      else await line.closed;
    }
    await Promise.all(flooding);
    clearInterval(looks);
    return this.#lines;
  }

  get #going() {
    return this.#lines.filter(({ isOver }) => !isOver).length;
  }

  async #open() {
    try {
      const wire = await Wire.open({ port: this.#port, name: `flooder-${this.#count++}` });
      const line = new Line(wire, this.#kind);
      this.#lines.push(line);
      return line;
    } catch {
      // Refused, or reset: it tries again.
      return undefined;
    }
  }

  #look() {
    const open = this.#lines.filter(({ isOver }) => !isOver);
    if (open.length === 0) return;
    const table = connections();
    for (const line of open) line.look(table);
  }
}

/** One connection of a flooder. */
class Line {
  /** Milliseconds from the first byte of the flood until the server's close frame, or the line's end. */
  cutAfter = 0;
  /** Milliseconds from the first byte of the flood until the last one that the server read, as far as seen. */
  readFor = 0;
  isOver = false;
  /** Resolves with the server's close frame, or with the line's end. */
  closed;
  #wire;
  #kind;
  #start = 0;
  #onClosed;
  #read = 0;

  constructor(wire, kind) {
    this.#wire = wire;
    this.#kind = kind;
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
    wire.answersClose = false;
    wire.onClose = () => {
      this.#cut();
      // It is back before the server is done with the old connection.
      if (kind.goesOn !== true) wire.socket.resetAndDestroy();
    };
  }

  /** Writes until the line or the time is over. */
  async flood(end) {
    const { socket } = this.#wire;
    const { first, chunk } = this.#kind;
    this.#start = performance.now();
    if (first !== undefined) socket.write(first);
    const pump = () => {
      if (performance.now() >= end) socket.resetAndDestroy();
      else if (!this.isOver && socket.writable && socket.write(chunk)) setImmediate(pump);
    };
    socket.on("drain", pump);
    const timer = setTimeout(() => socket.resetAndDestroy(), Math.max(0, end - performance.now()));
    pump();
    await this.#wire.closed;
    clearTimeout(timer);
    this.isOver = true;
    this.#cut();
  }

  /** Looks into the kernel's table for what the server has read. */
  look(table) {
    const { localPort, _handle: handle } = this.#wire.socket;
    const mine = table.find((each) => each.localPort === localPort);
    const its = table.find((each) => each.remotePort === localPort);
    if (handle == null || mine === undefined || its === undefined) return;
    const taken = handle.bytesWritten - handle.writeQueueSize;
    const read = taken - mine.unsent - its.unread;
    if (read > this.#read) this.readFor = performance.now() - this.#start;
    this.#read = Math.max(this.#read, read);
  }

  #cut() {
    if (this.cutAfter > 0) return;
    this.cutAfter = performance.now() - this.#start;
    this.#onClosed();
  }
}
