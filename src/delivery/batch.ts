import { allocate } from "./frame.js";
import type { Message } from "./message.js";

/** Frames from this size on are handed over as they are; smaller ones are copied together. */
const COPY_BELOW = 16_384;

/** So are the frames of a run from this size on: many clients share them, and each copy is one's own. */
const SHARE_FROM = 2_048;

/** A UTF-16 code unit takes at most three bytes of UTF-8, a frame's header at most ten (RFC 6455, 5.2). */
const BYTES_PER_UNIT = 3;
const HEADER_BYTES = 10;

/** What a batch grows by: a message, or what is a run of messages already. */
export type Part = Message | Batch;

/**
 * What one client gets in one turn: an ordered run of messages.
 *
 * A batch is a node in a chain that clients share. Each node remembers its last child, so appending
 * one message for a thousand clients that stand at the same node makes one new node, and what is
 * computed for it (its frames) is computed once for all of them. A run that many clients are replayed
 * is a batch of its own, and is appended as one.
 *
 * @category For adapter authors
 */
export class Batch {
  readonly #parent: Batch | undefined;
  readonly #part: Part | undefined;
  /** How many messages. */
  readonly length: number;
  /** How much text, in UTF-16 code units. */
  readonly size: number;
  #child: Batch | undefined;
  #messages: readonly Message[] | undefined;
  #frames: readonly Uint8Array[] | undefined;
  #bytes: number | undefined;

  /** Without arguments: the empty batch that a chain starts from. @internal */
  constructor(parent?: Batch, part?: Part) {
    this.#parent = parent;
    this.#part = part;
    this.length = parent === undefined ? 0 : parent.length + (part as Part).length;
    this.size = parent === undefined ? 0 : parent.size + (part as Part).size;
  }

  /** A run of messages. @internal */
  static of(messages: Iterable<Message>): Batch {
    let batch = new Batch();
    for (const message of messages) batch = batch.append(message);
    return batch;
  }

  /** This batch and one more part: the same object for everyone who appends the same next. @internal */
  append(part: Part): Batch {
    const child = this.#child;
    if (child !== undefined && child.#part === part) return child;
    const next = new Batch(this, part);
    this.#child = next;
    return next;
  }

  /** Bytes that its frames have at most; known without encoding it. @internal */
  get maxBytes(): number {
    return this.size * BYTES_PER_UNIT + this.length * HEADER_BYTES;
  }

  /** The messages in order. Computed at most once. */
  messages(): readonly Message[] {
    if (this.#messages === undefined) {
      const messages = new Array<Message>(this.length);
      let end = this.length;
      for (let node: Batch = this; node.#part !== undefined; node = node.#parent as Batch) {
        const part = node.#part;
        if (part instanceof Batch) {
          const run = part.messages();
          for (let index = run.length - 1; index >= 0; index--) {
            messages[--end] = run[index] as Message;
          }
        } else {
          messages[--end] = part;
        }
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
    this.#frames ??= join(this.#parts());
    return this.#frames;
  }

  /** How many bytes all frames have. Computed at most once. @internal */
  get bytes(): number {
    this.#bytes ??= this.messages().reduce((sum, { frame }) => sum + frame.length, 0);
    return this.#bytes;
  }

  #parts(): readonly Part[] {
    const parts: Part[] = [];
    for (let node: Batch = this; node.#part !== undefined; node = node.#parent as Batch) {
      parts.push(node.#part);
    }
    return parts.reverse();
  }
}

function join(parts: readonly Part[]): readonly Uint8Array[] {
  const first = parts[0];
  if (parts.length === 1 && first !== undefined) {
    return first instanceof Batch ? first.frames() : [first.frame];
  }
  const joined: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let size = 0;
  const finishRun = () => {
    if (run.length > 0) joined.push(run.length === 1 ? (run[0] as Uint8Array) : concat(run, size));
    run = [];
    size = 0;
  };
  const add = (frame: Uint8Array, copyBelow: number) => {
    if (frame.length >= copyBelow) {
      finishRun();
      joined.push(frame);
    } else {
      run.push(frame);
      size += frame.length;
    }
  };
  for (const part of parts) {
    if (part instanceof Batch) for (const frame of part.frames()) add(frame, SHARE_FROM);
    else add(part.frame, COPY_BELOW);
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
