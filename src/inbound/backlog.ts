import type { RoomcastError } from "../protocol/errors.js";
import type { Envelope } from "../protocol/types.js";

/** Most messages of one client that wait because it does not read its answers; of the largest ones, fewer. */
const MAX_MESSAGES = 1_000;
const MAX_LARGEST = 100;

/** A message that waits, or the answer to one that was handled. */
export interface Waiting {
  readonly envelope: Envelope;
  /** How long its text was, in UTF-16 code units; 0 for an answer. */
  readonly size: number;
  /** Why it is refused when its turn comes, if it is. */
  readonly refusal?: RoomcastError | undefined;
  /** Sends the answer to a message that was handled. */
  readonly answer?: (() => void) | undefined;
}

/** What waits of one client's messages, in order: for a promise, or for the client to read its answers. */
export class Backlog {
  readonly #waiting: Waiting[] = [];
  /** Most text that may wait, in UTF-16 code units. */
  readonly #maxSize: number;
  #size = 0;
  /** Whether a promise holds it up. */
  isHeld = false;

  constructor(maxMessageBytes: number) {
    this.#maxSize = MAX_LARGEST * maxMessageBytes;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** The next one. */
  get first(): Waiting | undefined {
    return this.#waiting[0];
  }

  /** Adds one at the end. False, and nothing is added, where that is more than may wait. */
  push(waiting: Waiting): boolean {
    const size = this.#size + waiting.size;
    const fits = size <= this.#maxSize && this.length < MAX_MESSAGES;
    // There are only as many answers as there are handlers at work.
    if (!fits && waiting.answer === undefined) return false;
    this.#waiting.push(waiting);
    this.#size = size;
    return true;
  }

  shift(): Waiting | undefined {
    const waiting = this.#waiting.shift();
    this.#size -= waiting?.size ?? 0;
    return waiting;
  }

  /** Sends the answers, and forgets the rest: nothing more is handled. */
  end(): void {
    const answers = this.#waiting.splice(0);
    this.#size = 0;
    for (const { answer } of answers) answer?.();
  }
}
