import { allocate } from "./frame.js";
import type { Message } from "./message.js";

/** Frames from this size on are handed over as they are; smaller ones are copied together. */
const COPY_BELOW = 16_384;

/**
 * What one client gets in one turn: an ordered run of messages.
 *
 * A batch is a node in a chain that clients share. Each node remembers its last child, so appending
 * one message for a thousand clients that stand at the same node makes one new node, and what is
 * computed for it (its frames) is computed once for all of them.
 */
export class Batch {
  readonly #parent: Batch | undefined;
  readonly #message: Message | undefined;
  /** How many messages. */
  readonly length: number;
  /** How much text, in UTF-16 code units. */
  readonly size: number;
  #child: Batch | undefined;
  #messages: readonly Message[] | undefined;
  #frames: readonly Uint8Array[] | undefined;

  /** Without arguments: the empty batch that a chain starts from. */
  constructor(parent?: Batch, message?: Message) {
    this.#parent = parent;
    this.#message = message;
    this.length = parent === undefined ? 0 : parent.length + 1;
    this.size = parent === undefined ? 0 : parent.size + (message as Message).text.length;
  }

  /** This batch and one more message: the same object for everyone who appends the same next. */
  append(message: Message): Batch {
    const child = this.#child;
    if (child !== undefined && child.#message === message) return child;
    const next = new Batch(this, message);
    this.#child = next;
    return next;
  }

  /** The messages in order. Computed at most once. */
  messages(): readonly Message[] {
    if (this.#messages === undefined) {
      const messages = new Array<Message>(this.length);
      let node: Batch = this;
      for (let index = this.length - 1; index >= 0; index--) {
        messages[index] = node.#message as Message;
        node = node.#parent as Batch;
      }
      this.#messages = messages;
    }
    return this.#messages;
  }

  /**
   * All messages as server frames, in few buffers: small frames are copied together, large ones
   * stand alone. Computed at most once; the bytes are shared and MUST NOT be changed.
   */
  frames(): readonly Uint8Array[] {
    this.#frames ??= join(this.messages());
    return this.#frames;
  }
}

function join(messages: readonly Message[]): readonly Uint8Array[] {
  const first = messages[0];
  if (messages.length === 1 && first !== undefined) return [first.frame];
  const joined: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let size = 0;
  const finishRun = () => {
    if (run.length > 0) joined.push(run.length === 1 ? (run[0] as Uint8Array) : concat(run, size));
    run = [];
    size = 0;
  };
  for (const { frame } of messages) {
    if (frame.length >= COPY_BELOW) {
      finishRun();
      joined.push(frame);
    } else {
      run.push(frame);
      size += frame.length;
    }
  }
  finishRun();
  return joined;
}

function concat(frames: readonly Uint8Array[], size: number): Uint8Array {
  const whole = allocate(size);
  let offset = 0;
  for (const frame of frames) {
    whole.set(frame, offset);
    offset += frame.length;
  }
  return whole;
}
