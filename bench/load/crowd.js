import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "./connection.js";
import { textFrame } from "./frames.js";

/** How many connect, or join, at the same time. */
const WAVE = 50;
/** Milliseconds without a frame after which nothing more is expected to come. */
const QUIET = 100;
/** Milliseconds after which frames that have not come count as lost. */
const PATIENCE = 20_000;

/** What people write, more or less. */
const CONTENT = "The quick brown fox jumps over the lazy dog, then says so.";

/** All connections of one run, who is in which room, and what came in exact numbers. */
export class Crowd {
  /** Called with each acknowledged connection, while something is measured. */
  onAck = (_connection) => {};
  /** Milliseconds from sending to ack, one per message. @type {number[]} */
  latencies = [];
  #dialect;
  /** @type {Connection[]} */
  #connections = [];
  /** The members of each room. @type {Connection[][]} */
  #rooms = [];
  /** Messages sent into each room since the last reset. @type {number[]} */
  #sentTo = [];
  /** A burst of messages per connection, made when first needed. @type {Map<Connection, Buffer>} */
  #bursts = new Map();
  #frames = 0;
  #expected = 0;
  #lastFrame = 0;
  /** @type {(error: Error) => void} */
  #fail;
  /** Rejects as soon as anything goes wrong. */
  #failure;

  /** @param {import("./dialects.js").Dialect} dialect */
  constructor(dialect) {
    this.#dialect = dialect;
    this.#failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#failure.catch(() => {});
  }

  get size() {
    return this.#connections.length;
  }

  get roomCount() {
    return this.#rooms.length;
  }

  /** Frames received since the last reset: messages and acks. */
  get frames() {
    return this.#frames;
  }

  /** When the last frame came. */
  get lastFrame() {
    return this.#lastFrame;
  }

  connection(index) {
    return this.#connections[index];
  }

  members(room) {
    return this.#rooms[room];
  }

  /**
   * Connects `count` more clients and lets them join rooms, one each, turn and turn about.
   *
   * @param {{ port: number, count: number, rooms: number, joins: boolean }} options
   */
  async open({ port, count, rooms, joins }) {
    const first = this.#connections.length;
    const firstRoom = this.#rooms.length;
    const newcomers = Array.from({ length: count }, () => this.#add());
    await this.#inWaves(newcomers, (connection, index) =>
      connection.open(port, `user-${first + index}`),
    );
    if (joins) {
      for (let room = 0; room < rooms; room++) {
        this.#rooms.push([]);
        this.#sentTo.push(0);
      }
      await this.#inWaves(newcomers, (connection, index) => {
        connection.room = firstRoom + (index % rooms);
        this.#rooms[connection.room].push(connection);
        return connection.join(roomName(connection.room));
      });
    }
    await this.#untilQuiet();
  }

  /** Writes a burst of `count` messages of one client, in one write. */
  say(connection, count) {
    let burst = this.#bursts.get(connection);
    if (burst === undefined) {
      const room = roomName(connection.room);
      const frames = Array.from({ length: count }, (_, index) =>
        textFrame(this.#dialect.say(room, CONTENT, index)),
      );
      burst = Buffer.concat(frames);
      this.#bursts.set(connection, burst);
    }
    connection.sent += count;
    this.#sentTo[connection.room] += count;
    this.#expected += count * this.#rooms[connection.room].length;
    connection.unacknowledged.push({ at: performance.now(), count });
    connection.write(burst);
  }

  reset() {
    this.#frames = 0;
    this.#expected = 0;
    this.latencies = [];
    this.#sentTo.fill(0);
    for (const connection of this.#connections) {
      connection.sent = 0;
      connection.messages = 0;
      connection.acks = 0;
    }
  }

  /** Resolves once all that was sent has arrived; see {@link verify} for whether it did exactly. */
  async settled() {
    const deadline = performance.now() + PATIENCE;
    while (this.#frames < this.#expected && performance.now() < deadline) await this.#wait(2);
  }

  /** Checks every connection's count of messages and acks: none lost, none too many. */
  async verify() {
    await this.#untilQuiet();
    for (const [index, { sent, messages, acks, room }] of this.#connections.entries()) {
      const expected = this.#sentTo[room] - sent;
      if (messages !== expected || acks !== sent) {
        throw new Error(
          `Connection ${index} got ${messages} of ${expected} messages and ${acks} of ${sent} acks.`,
        );
      }
    }
  }

  #add() {
    const connection = new Connection(this.#dialect, {
      frame: () => {
        this.#frames++;
        this.#lastFrame = performance.now();
      },
      ack: (acknowledged) => this.#acknowledge(acknowledged),
      fail: (error) => this.#fail(error),
    });
    this.#connections.push(connection);
    return connection;
  }

  #acknowledge(connection) {
    const oldest = connection.unacknowledged[0];
    if (oldest === undefined) {
      this.#fail(new Error("There was an ack too many."));
      return;
    }
    this.latencies.push(this.#lastFrame - oldest.at);
    if (--oldest.count === 0) connection.unacknowledged.shift();
    this.onAck(connection);
  }

  async #inWaves(connections, act) {
    for (let start = 0; start < connections.length; start += WAVE) {
      const wave = connections.slice(start, start + WAVE);
      await Promise.race([
        this.#failure,
        Promise.all(wave.map((connection, index) => act(connection, start + index))),
      ]);
    }
  }

  async #untilQuiet() {
    let before = -1;
    while (before !== this.#frames) {
      before = this.#frames;
      await this.#wait(QUIET);
    }
  }

  #wait(milliseconds) {
    return Promise.race([this.#failure, sleep(milliseconds)]);
  }
}

function roomName(room) {
  return `room-${room}`;
}
