import { Kind } from "./dialects.js";

const [ZERO, NINE, CLOSE] = Buffer.from("09}");

/** Where a connection stands in its room, by the numbers of what it gets: none missing, none twice. */
export class Position {
  /** @type {string | undefined} */
  #epoch;
  #seq = 0;

  /** What it says of itself when it comes back; undefined as long as it was never there. */
  get since() {
    return this.#epoch === undefined ? undefined : { epoch: this.#epoch, seq: this.#seq };
  }

  /**
   * Goes on by one frame, which is there as a whole.
   *
   * @param {number} kind
   * @param {Buffer} frame Its payload.
   * @throws Error if it is not the next one, or whoever was here before is not let in where it was.
   */
  follow(kind, frame) {
    if (kind === Kind.joined) this.#enter(JSON.parse(frame.toString()));
    else if (kind === Kind.message || kind === Kind.ack) this.#step(numberAtEnd(frame));
  }

  #enter({ epoch, seq, payload: { recovered } }) {
    const isBack = this.#epoch !== undefined;
    if (isBack && !(recovered === true && epoch === this.#epoch && seq === this.#seq)) {
      throw new Error(`Whoever was at ${this.#seq} is at ${seq}, recovered: ${recovered}.`);
    }
    this.#epoch = epoch;
    this.#seq = seq;
  }

  #step(seq) {
    if (seq !== this.#seq + 1) throw new Error(`After ${this.#seq} came ${seq}.`);
    this.#seq = seq;
  }
}

/** The number that ends a frame: `…,"seq":42}`. It is not parsed further than to that. */
function numberAtEnd(frame) {
  let number = 0;
  let at = frame.length - 1;
  if (frame[at] !== CLOSE) return Number.NaN;
  for (let factor = 1; frame[--at] >= ZERO && frame[at] <= NINE; factor *= 10) {
    number += (frame[at] - ZERO) * factor;
  }
  return number;
}
