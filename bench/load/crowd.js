import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "./connection.js";
import { textFrame } from "./frames.js";
import { Position } from "./position.js";

/** How many connect, or join, at the same time, unless told otherwise. */
const AT_ONCE = 50;
/** Milliseconds without a frame after which nothing more is expected to come: a crowd is told of within 250. */
const QUIET = 400;
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
  #port = 0;
  #frames = 0;
  #others = 0;
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

  /** Frames received since the last reset that are neither: answers to joins, who comes and goes. */
  get others() {
    return this.#others;
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
   * Connects `count` more clients and lets each join `roomsEach` of so many rooms. Turn and turn
   * about, so all rooms are of the same size; those who share one room do not share the next. If they are
   * `isNumbered`, they look at the number of each message, and know where they are in their room.
   *
   * @param {{ port: number, count: number, rooms: number, roomsEach?: number, joins: boolean, isNumbered?: boolean, atOnce?: number }} options
   */
  async open(options) {
    const { port, count, rooms, roomsEach = 1, joins } = options;
    const { isNumbered = false, atOnce = AT_ONCE } = options;
    this.#port = port;
    const firstRoom = this.#rooms.length;
    const newcomers = Array.from({ length: count }, () => this.#add(isNumbered));
    await this.#each(newcomers, atOnce, (connection) => connection.open(port));
    if (joins) {
      for (let room = 0; room < rooms; room++) {
        this.#rooms.push([]);
        this.#sentTo.push(0);
      }
      await this.#each(newcomers, atOnce, (connection, index) => {
        const step = Math.floor(index / rooms) + 1;
        for (let nth = 0; nth < roomsEach; nth++) {
          const room = firstRoom + ((index + nth * step) % rooms);
          this.#rooms[room].push(connection);
          connection.rooms.push(room);
        }
        return connection.join(connection.rooms.map(roomName));
      });
    }
    await this.untilQuiet();
  }

  /**
   * Cuts all connections at the same moment, and lets them come back at once, under the same names and
   * into the same rooms, `atOnce` of them at a time. Resolves once all is quiet, to the milliseconds
   * that it took until the last one was back.
   */
  async comeBack(atOnce) {
    const start = performance.now();
    for (const connection of this.#connections) connection.drop();
    await this.#each(this.#connections, atOnce, async (connection) => {
      await connection.open(this.#port);
      await connection.join(connection.rooms.map(roomName));
    });
    const took = performance.now() - start;
    await this.untilQuiet();
    return took;
  }

  /** Lets those connect who have dropped, `atOnce` of them at a time. They are in no room then. */
  async reopen(connections, atOnce) {
    await this.#each(connections, atOnce, (connection) => connection.open(this.#port));
    await this.untilQuiet();
  }

  /** Lets those join their rooms again who have connected again. */
  rejoin(connections, atOnce) {
    return this.#each(connections, atOnce, (connection) =>
      connection.join(connection.rooms.map(roomName)),
    );
  }

  /** Writes a burst of `count` messages of one client, in one write. */
  say(connection, count) {
    let burst = this.#bursts.get(connection);
    const [room] = connection.rooms;
    if (burst === undefined) {
      const frames = Array.from({ length: count }, (_, index) =>
        textFrame(this.#dialect.say(roomName(room), CONTENT, index)),
      );
      burst = Buffer.concat(frames);
      this.#bursts.set(connection, burst);
    }
    connection.sent += count;
    this.#sentTo[room] += count;
    this.#expected += count * this.#rooms[room].length;
    connection.unacknowledged.push({ at: performance.now(), count });
    connection.write(burst);
  }

  reset() {
    this.#frames = 0;
    this.#others = 0;
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

  /** Waits until all is quiet, and checks then. */
  async verify() {
    await this.untilQuiet();
    this.check();
  }

  /** Checks every connection's count of messages and acks: none lost, none too many. */
  check() {
    for (const [index, { sent, messages, acks, rooms }] of this.#connections.entries()) {
      const expected = this.#sentTo[rooms[0]] - sent;
      if (messages !== expected || acks !== sent) {
        throw new Error(
          `Connection ${index} got ${messages} of ${expected} messages and ${acks} of ${sent} acks.`,
        );
      }
    }
  }

  /** Resolves once nothing more comes. */
  async untilQuiet() {
    let before = -1;
    while (before !== this.#frames + this.#others) {
      before = this.#frames + this.#others;
      await this.#wait(QUIET);
    }
  }

  #add(isNumbered) {
    const connection = new Connection(this.#dialect, userName(this.#connections.length), {
      frame: () => {
        this.#frames++;
        this.#lastFrame = performance.now();
      },
      other: () => {
        this.#others++;
      },
      ack: (acknowledged) => this.#acknowledge(acknowledged),
      fail: (error) => this.#fail(error),
    });
    if (isNumbered) connection.position = new Position();
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

  /** Acts on each connection, in order, on never more than `atOnce` of them at a time. */
  #each(connections, atOnce, act) {
    const waiting = connections.entries();
    const takeTurns = async () => {
      for (const [index, connection] of waiting) await act(connection, index);
    };
    return Promise.race([this.#failure, Promise.all(Array.from({ length: atOnce }, takeTurns))]);
  }

  #wait(milliseconds) {
    return Promise.race([this.#failure, sleep(milliseconds)]);
  }
}

function userName(index) {
  return `user-${index}`;
}

function roomName(room) {
  return `room-${room}`;
}
