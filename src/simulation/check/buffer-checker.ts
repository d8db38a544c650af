import type { Batch, Client } from "../../index.js";
import type { Fail } from "./rules.js";

/** What answers a client's own message, or states its position. */
const ANSWER = /^\{"type":"(?:ack|error|pong|room_info|online_users)"/;

/** How long more than `maxBufferedBytes` may wait for a client that does not lag (ms). */
const LOOK_MARGIN = 1_000;

/** The buffer of one client. */
interface Buffer {
  /** Bytes that waited after the last write. */
  bytes: number;
  /** Whether the turn of the last write is over: a turn is written in several batches. */
  isTurnOver: boolean;
  /** Whether more than `maxBufferedBytes` waited when the turn began. */
  isSlow: boolean;
  /** Byte limit while slow. */
  limit: number;
  /** What waits, in order. */
  readonly waiting: { readonly bytes: number; readonly isAnswer: boolean }[];
  /** Since when more than `maxBufferedBytes` waits, as far as writes tell (ms). */
  fullSince: number;
}

/** What a buffer checker needs. */
export interface BufferCheckerContext {
  readonly fail: Fail;
  readonly clock: { monotonic(): number; setImmediate(callback: () => void): void };
  readonly maxBufferedBytes: number;
  /** The participant that a client belongs to. */
  nameOf(client: Client): string;
}

/**
 * Checks that slow clients use bounded memory, after each write.
 *
 * - A client that keeps up is bounded by what a turn brings. One is slow if a turn begins with more than
 *   `maxBufferedBytes` waiting, which is at most what waited after the turn before. Until it has recovered, as
 *   much again may wait. So at most twice `maxBufferedBytes` wait, and what one turn brought.
 * - Of answers to what it sent itself at most `maxBufferedBytes` wait, and one answer, within a turn, too.
 * - More than `maxBufferedBytes` does not wait for long for a client that does not lag.
 */
export class BufferChecker {
  readonly #context: BufferCheckerContext;
  readonly #buffers = new Map<Client, Buffer>();

  constructor(context: BufferCheckerContext) {
    this.#context = context;
  }

  /** A batch was written to a client. `before` and `after` say how much waited (bytes). */
  written(client: Client, batch: Batch, before: number, after: number): void {
    const { clock, fail, maxBufferedBytes, nameOf } = this.#context;
    const buffer = this.#bufferOf(client);
    if (buffer.isTurnOver) {
      if (!buffer.isSlow && buffer.bytes > maxBufferedBytes) {
        buffer.limit = Math.max(buffer.limit, buffer.bytes + maxBufferedBytes);
      }
      // What the network took during the turn may have come too late for the hub to notice.
      buffer.isSlow = before > maxBufferedBytes;
      buffer.isTurnOver = false;
      clock.setImmediate(() => {
        buffer.isTurnOver = true;
      });
    }
    if (before <= maxBufferedBytes) buffer.fullSince = clock.monotonic();
    buffer.bytes = after;
    this.#checkAnswers(client, buffer, batch);
    if (!buffer.isSlow || after <= buffer.limit) return;
    const text = `${after} bytes wait for ${nameOf(client)}; the limit is ${buffer.limit}`;
    fail("memory is bounded", text);
  }

  /** Checks a client that does not lag. */
  checkLive(client: Client): void {
    const { clock, fail, maxBufferedBytes, nameOf } = this.#context;
    const buffer = this.#buffers.get(client);
    if (buffer === undefined || !client.isOpen) return;
    const { bufferedAmount } = client;
    if (bufferedAmount <= maxBufferedBytes) buffer.fullSince = clock.monotonic();
    const ms = clock.monotonic() - buffer.fullSince;
    if (ms <= LOOK_MARGIN) return;
    const text = `${bufferedAmount} bytes wait for ${nameOf(client)} for ${ms} ms, and it does not lag`;
    fail("memory is bounded", text);
  }

  /** A slow client has recovered. */
  recovered(client: Client): void {
    const buffer = this.#buffers.get(client);
    if (buffer === undefined) return;
    Object.assign(buffer, { isSlow: false, limit: 0, fullSince: this.#context.clock.monotonic() });
  }

  /** A connection is gone. */
  gone(client: Client): void {
    this.#buffers.delete(client);
  }

  #checkAnswers(client: Client, { waiting, bytes }: Buffer, batch: Batch): void {
    const { fail, maxBufferedBytes, nameOf } = this.#context;
    for (const { text, bytes } of batch.messages()) {
      waiting.push({ bytes: bytes.length, isAnswer: ANSWER.test(text) });
    }
    let sum = waiting.reduce((total, message) => total + message.bytes, 0);
    while (sum > bytes) sum -= waiting.shift()?.bytes ?? 0;
    let answers = 0;
    let largest = 0;
    for (const message of waiting) {
      if (!message.isAnswer) continue;
      answers += message.bytes;
      largest = Math.max(largest, message.bytes);
    }
    if (answers <= maxBufferedBytes + largest) return;
    const text = `${answers} bytes of answers wait for ${nameOf(client)}; the largest has ${largest}`;
    fail("memory is bounded", text);
  }

  #bufferOf(client: Client): Buffer {
    const known = this.#buffers.get(client);
    if (known !== undefined) return known;
    const buffer: Buffer = {
      bytes: 0,
      isTurnOver: true,
      isSlow: false,
      limit: 0,
      waiting: [],
      fullSince: this.#context.clock.monotonic(),
    };
    this.#buffers.set(client, buffer);
    return buffer;
  }
}
