import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { Kind } from "./dialects.js";
import { pongFrame, textFrame } from "./frames.js";

/** Room in front of what is read, for what is left over of the read before: a small frame at most. */
const LEAD = 1_024;
/** All connections read into the same memory: what is read is looked at before the next read. */
const memory = Buffer.allocUnsafe(LEAD + 65_536);
const readBuffer = memory.subarray(LEAD);

const TEXT = 0x81;
const PING = 0x89;
const NOTHING = Buffer.alloc(0);

/** One WebSocket on a bare TCP socket, which counts frames and does not read them. */
export class Connection {
  /** Whose it is. */
  name;
  /** The rooms it is in, as numbers. It talks in the first. @type {number[]} */
  rooms = [];
  /** Messages sent, messages and acks received, since the last reset. */
  sent = 0;
  messages = 0;
  acks = 0;
  /** When the messages without ack were sent, in order. @type {{ at: number, count: number }[]} */
  unacknowledged = [];
  /**
   * Where it stands in its room, if it is to know. Frames are then looked at as a whole, so they must be
   * small. @type {import("./position.js").Position | undefined}
   */
  position;
  #socket;
  #dialect;
  #observer;
  #skip = 0;
  #rest = NOTHING;
  #isUpgraded = false;
  #onReady;
  #onJoined;
  /** Joins that are not answered yet. */
  #joining = 0;

  /**
   * @param {import("./dialects.js").Dialect} dialect
   * @param {string} name
   * @param {{ frame(): void, other(): void, ack(connection: Connection): void, fail(error: Error): void }} observer
   */
  constructor(dialect, name, observer) {
    this.name = name;
    this.#dialect = dialect;
    this.#observer = observer;
  }

  /** Resolves once messages can be sent. */
  open(port) {
    return new Promise((resolve) => {
      this.#onReady = resolve;
      const socket = connect({
        port,
        host: "127.0.0.1",
        noDelay: true,
        onread: {
          buffer: readBuffer,
          callback: (length) => {
            this.#read(length);
            return true;
          },
        },
      });
      this.#socket = socket;
      socket.on("error", (error) => this.#observer.fail(error));
      socket.on("end", () => this.#observer.fail(new Error("The server ended a connection.")));
      socket.write(
        [
          `GET ${this.#dialect.path(this.name)} HTTP/1.1`,
          `Host: 127.0.0.1:${port}`,
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
          "\r\n",
        ].join("\r\n"),
      );
    });
  }

  /**
   * Asks for all rooms in one write, from where it was, if it knows; resolves once the server has answered
   * for each.
   */
  join(names) {
    return new Promise((resolve) => {
      this.#onJoined = resolve;
      this.#joining = names.length;
      const since = this.position?.since;
      this.write(Buffer.concat(names.map((name) => textFrame(this.#dialect.join(name, since)))));
    });
  }

  /** Cuts the line without a word. It can be opened again at once. */
  drop() {
    this.#socket.destroy();
    this.#isUpgraded = false;
    this.#skip = 0;
    this.#rest = NOTHING;
  }

  write(frames) {
    this.#socket.write(frames);
  }

  #read(length) {
    // What is left of the last read goes in front of this one.
    const start = LEAD - this.#rest.length;
    if (this.#rest.length > 0) {
      this.#rest.copy(memory, start);
      this.#rest = NOTHING;
    }
    const end = LEAD + length;
    if (this.#isUpgraded) this.#walk(start, end);
    else this.#readUpgrade(end);
  }

  /** The answer to the upgrade is short and comes whole; frames may follow at once. */
  #readUpgrade(end) {
    const text = memory.latin1Slice(LEAD, end);
    const length = text.indexOf("\r\n\r\n") + 4;
    if (!text.startsWith("HTTP/1.1 101 ") || length < 4) {
      this.#observer.fail(new Error(`The server did not upgrade: ${text.split("\r\n")[0]}`));
      return;
    }
    this.#isUpgraded = true;
    if (this.#dialect.hello !== "") this.write(textFrame(this.#dialect.hello));
    if (this.#dialect.isReadyAtOnce) this.#onReady();
    this.#walk(LEAD + length, end);
  }

  /** Steps from frame header to frame header; a header that is not there as a whole is kept. */
  #walk(start, end) {
    const { kindAt, kinds } = this.#dialect;
    let at = start + this.#skip;
    while (at < end) {
      const left = end - at;
      if (left < 2) break;
      let length = memory[at + 1];
      let header = 2;
      if (length === 126) {
        if (left < 4) break;
        header = 4;
        length = (memory[at + 2] << 8) | memory[at + 3];
      } else if (length === 127) {
        if (left < 10) break;
        header = 10;
        length = Number(memory.readBigUInt64BE(at + 2));
      }
      const needed = this.position === undefined ? Math.min(length, kindAt + 1) : length;
      if (left < header + needed) break;
      const first = memory[at];
      if (first === TEXT) {
        const kind = kinds[length > kindAt ? memory[at + header + kindAt] : 0];
        if (this.position !== undefined) this.#follow(kind, at + header, length);
        this.#frame(kind);
      } else if (first === PING) this.write(pongFrame());
      else this.#observer.fail(new Error(`Unexpected frame, first byte ${first}.`));
      at += header + length;
    }
    this.#skip = Math.max(0, at - end);
    if (at < end) this.#rest = Buffer.from(memory.subarray(at, end));
    if (this.#rest.length > LEAD) this.#observer.fail(new Error("A frame is too long to look at."));
  }

  #follow(kind, start, length) {
    try {
      this.position.follow(kind, memory.subarray(start, start + length));
    } catch (error) {
      this.#observer.fail(error);
    }
  }

  #frame(kind) {
    if (kind === Kind.message) {
      this.messages++;
      this.#observer.frame();
    } else if (kind === Kind.ack && this.#joining === 0) {
      this.acks++;
      this.#observer.frame();
      this.#observer.ack(this);
    } else {
      this.#observer.other();
      this.#control(kind);
    }
  }

  /** What comes beside messages and their acks. */
  #control(kind) {
    if (kind === Kind.joined || kind === Kind.ack) {
      if (--this.#joining === 0) this.#onJoined();
    } else if (kind === Kind.ready) {
      this.#onReady();
    } else if (kind === Kind.ping) {
      this.write(textFrame(this.#dialect.heartbeat));
    } else if (kind !== Kind.ignored) {
      this.#observer.fail(new Error("The server sent what it should not have, or an error."));
    }
  }
}
