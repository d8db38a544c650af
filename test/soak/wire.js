import { connect } from "node:net";
import { closeFrame, frame, Opcode } from "./frame.js";

/** A line that ended without a close frame (RFC 6455, 7.1.5). */
const CUT = 1006;

const NOTHING = Buffer.alloc(0);
const PATIENCE = 20_000;

/** The request for an upgrade, as a client called `name` writes it. */
export function upgradeRequest(name) {
  return [
    `GET /ws?token=${name} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "\r\n",
  ].join("\r\n");
}

/**
 * A WebSocket by hand on a TCP socket: it can write what no WebSocket would, sees each frame as it
 * came, and can die in any way.
 */
export class Wire {
  /** Called with each text message. @type {(text: string) => void} */
  onText = () => {};
  /** Called with the code of the server's close frame. @type {(code: number) => void} */
  onClose = () => {};
  /** Called with the content of each pong. @type {(content: string) => void} */
  onPong = () => {};
  /** Whether a close frame is answered, and the line ended with it. */
  answersClose = true;
  /** Resolves to the close code once the line is down. @type {Promise<number>} */
  closed;
  socket;
  #rest = NOTHING;
  #isUpgraded = false;
  #code = CUT;
  #onOpen;
  #lastId = 0;
  /** @type {Map<string, (answer: any) => void>} */
  #asked = new Map();

  /**
   * Connects; resolves once it is a WebSocket, rejects if that does not come about.
   *
   * @param {object} to
   * @param {number} to.port
   * @param {string} to.name
   * @param {string} [to.localAddress]
   * @param {boolean} [to.allowHalfOpen] Whether its half of the line stays open when the server ends the other.
   * @param {(text: string) => void} [to.onText]
   */
  static open({ port, name, localAddress, allowHalfOpen, onText }) {
    const host = "127.0.0.1";
    const wire = new Wire(connect({ port, host, localAddress, allowHalfOpen, noDelay: true }));
    if (onText !== undefined) wire.onText = onText;
    return new Promise((resolve, reject) => {
      const late = () => {
        wire.cut();
        reject(new Error(`${name} was not let in within ${PATIENCE / 1000} s.`));
      };
      const timer = setTimeout(late, PATIENCE);
      wire.#onOpen = () => {
        clearTimeout(timer);
        resolve(wire);
      };
      wire.closed.then(() => {
        clearTimeout(timer);
        reject(new Error(`The line of ${name} ended during the upgrade.`));
      });
      wire.write(upgradeRequest(name));
    });
  }

  constructor(socket) {
    this.socket = socket;
    socket.on("data", (bytes) => this.#read(bytes));
    // Lines break here by the thousand; that they did is what `closed` tells.
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.once("close", () => resolve(this.#code)));
  }

  write(bytes) {
    if (this.socket.writable) this.socket.write(bytes);
  }

  send(envelope) {
    this.write(frame(Opcode.text, JSON.stringify(envelope)));
  }

  /** Sends a message under an id of its own; resolves to the answer, to undefined if the line ends. */
  ask(envelope) {
    const id = `ask-${++this.#lastId}`;
    const answer = new Promise((resolve) => this.#asked.set(id, resolve));
    this.send({ ...envelope, id });
    return answer;
  }

  /** Takes an answer to `ask`; says whether it was one. */
  settle(envelope) {
    const resolve = this.#asked.get(envelope.id);
    if (resolve === undefined) return false;
    this.#asked.delete(envelope.id);
    resolve(envelope);
    return true;
  }

  join(room) {
    return this.ask({ type: "join_room", payload: { room_id: room } });
  }

  /** The closing handshake; resolves once the line is down. */
  close(code = 1000) {
    this.write(closeFrame(code));
    return this.closed;
  }

  /** Ends the line with a TCP reset, which leaves no port behind in TIME_WAIT. */
  cut() {
    this.socket.resetAndDestroy();
    return this.closed;
  }

  #read(bytes) {
    let all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    this.#rest = NOTHING;
    if (!this.#isUpgraded) {
      const end = all.indexOf("\r\n\r\n");
      if (end < 0) {
        this.#rest = all;
        return;
      }
      if (!all.latin1Slice(0, end).startsWith("HTTP/1.1 101 ")) {
        this.socket.destroy();
        return;
      }
      this.#isUpgraded = true;
      this.#onOpen?.();
      all = all.subarray(end + 4);
    }
    this.#rest = this.#walk(all);
  }

  /** Takes whole frames off the front; returns what is left. A server's frames are not masked. */
  #walk(all) {
    let at = 0;
    while (all.length - at >= 2) {
      let length = all[at + 1];
      let header = 2;
      if (length >= 126) header = length === 126 ? 4 : 10;
      if (all.length - at < header) break;
      if (header === 4) length = all.readUInt16BE(at + 2);
      if (header === 10) length = Number(all.readBigUInt64BE(at + 2));
      const end = at + header + length;
      if (end > all.length) break;
      this.#frame(all[at] & 0x0f, all.subarray(at + header, end));
      at = end;
    }
    return at === all.length ? NOTHING : all.subarray(at);
  }

  #frame(opcode, payload) {
    if (opcode === Opcode.text) this.onText(payload.utf8Slice(0, payload.length));
    else if (opcode === Opcode.ping) this.write(frame(Opcode.pong, payload));
    else if (opcode === Opcode.pong) this.onPong(payload.toString());
    else if (opcode === Opcode.close) {
      this.#code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.onClose(this.#code);
      if (!this.answersClose) return;
      // The answer to a close frame is one; what had been sent before it has been read.
      this.write(closeFrame(1000));
      this.socket.end();
    }
  }
}
