import { closeFrame, frame, Opcode } from "../frame.js";
import { heldAt, inHex } from "../kernel.js";
import { Wire } from "../wire.js";

/** Bytes that one reads that reads once and stops. */
const ONCE = 1_000_000;
/** Messages that are enough to be closed with 1008. */
const TOO_MANY = 5_000;
/** Milliseconds between two attempts to come back. */
const AGAIN_EVERY = 500;

const flood = Buffer.concat(Array(TOO_MANY).fill(frame(Opcode.text, '{"type":"ping"}')));

/** How peers behave; each gets its wire when it is open, and when it is being closed. */
export const peers = {
  "never reads": {
    isReader: false,
    opened: ({ socket }) => socket.pause(),
    closing() {},
  },
  "reads a megabyte and stops": {
    isReader: false,
    opened: ({ socket }) => socket.pause(),
    closing({ socket }) {
      let read = 0;
      socket.on("data", ({ length }) => {
        read += length;
        if (read >= ONCE) socket.pause();
      });
      socket.resume();
    },
  },
  "never answers the close frame": {
    isReader: true,
    opened(wire) {
      wire.answersClose = false;
    },
    closing() {},
  },
  "keeps TCP open after its goodbye": {
    isReader: true,
    opened(wire) {
      wire.answersClose = false;
      wire.onClose = () => wire.write(closeFrame(1000));
    },
    closing() {},
  },
};

/** One misbehaving peer at an address of its own. */
export class Peer {
  name;
  /** Milliseconds until the server has let go of its connection; undefined as long as it has not. */
  goneAfter;
  /** Connections of its address that the server had beside a new one. */
  beside = 0;
  isBack = false;
  #to;
  #behaviour;
  /** @type {Wire} */
  #wire;
  #port = 0;
  #start;

  constructor(port, name, number, behaviour) {
    const localAddress = `127.1.${number >> 8}.${number & 255}`;
    this.name = name;
    this.#to = { port, name, localAddress, allowHalfOpen: true };
    this.#behaviour = behaviour;
  }

  async open() {
    this.#wire = await Wire.open(this.#to);
    this.#port = this.#wire.socket.localPort;
    this.#behaviour.opened(this.#wire);
  }

  /** It is being closed, or closes itself. */
  closing() {
    this.#start = performance.now();
    this.#behaviour.closing(this.#wire);
  }

  flood() {
    this.#wire.write(flood);
  }

  sayGoodbye() {
    this.#wire.write(closeFrame(1000));
  }

  /** Looks whether the server has it still. */
  look(held) {
    if (this.goneAfter !== undefined || this.#start === undefined) return;
    if (held.some(({ remotePort }) => remotePort === this.#port)) return;
    this.goneAfter = performance.now() - this.#start;
  }

  /** Tries to come back until it is let in, and counts what the server holds of its address then. */
  async comeBack(isOver) {
    const address = inHex(this.#to.localAddress);
    while (!this.isBack && !isOver()) {
      try {
        const wire = await Wire.open({ ...this.#to, allowHalfOpen: false });
        const own = wire.socket.localPort;
        const others = heldAt(this.#to.port).filter(({ remoteAddress, remotePort }) => {
          return remoteAddress === address && remotePort !== own;
        });
        this.beside = others.length;
        this.isBack = true;
        await wire.cut();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_EVERY));
      }
    }
  }

  end() {
    return this.#wire.cut();
  }
}
