import type { Batch, Client } from "../../index.js";
import type { Fail } from "./rules.js";

/** The hub writes a turn with more text than this (UTF-16 code units) to one client in several batches. */
const ONE_BATCH = 65_536;

/** The buffer of one client. */
interface Buffer {
  /** Bytes that waited after the last write. */
  bytes: number;
  /** Whether the last write ended its turn: a large turn is written in several batches. */
  isTurnOver: boolean;
  /** Whether more than `maxBufferedBytes` waited when the turn began. */
  isSlow: boolean;
  /** Byte limit while slow. */
  limit: number;
}

/** What a buffer checker needs. */
export interface BufferCheckerContext {
  readonly fail: Fail;
  readonly maxBufferedBytes: number;
  /** The participant that a client belongs to. */
  nameOf(client: Client): string;
}

/**
 * Checks that slow clients use bounded memory. A client that keeps up is bounded by what a turn brings. One
 * is slow if a turn begins with more than `maxBufferedBytes` waiting, which is at most what waited after
 * the turn before. Until it has recovered, as much again may wait. So at most twice `maxBufferedBytes` wait,
 * and what one turn brought.
 */
export class BufferChecker {
  readonly #context: BufferCheckerContext;
  readonly #buffers = new Map<Client, Buffer>();

  constructor(context: BufferCheckerContext) {
    this.#context = context;
  }

  /** A batch was written to a client. `before` and `after` say how much waited (bytes). */
  written(client: Client, batch: Batch, before: number, after: number): void {
    const { fail, maxBufferedBytes, nameOf } = this.#context;
    const buffer = this.#bufferOf(client);
    if (buffer.isTurnOver) {
      if (!buffer.isSlow && buffer.bytes > maxBufferedBytes) {
        buffer.limit = Math.max(buffer.limit, buffer.bytes + maxBufferedBytes);
      }
      // What the network took during the turn may have come too late for the hub to notice.
      buffer.isSlow = before > maxBufferedBytes;
    }
    buffer.isTurnOver = batch.size <= ONE_BATCH;
    buffer.bytes = after;
    if (!buffer.isSlow || after <= buffer.limit) return;
    const text = `${after} bytes wait for ${nameOf(client)}; the limit is ${buffer.limit}`;
    fail("memory is bounded", text);
  }

  /** A slow client has recovered. */
  recovered(client: Client): void {
    const buffer = this.#buffers.get(client);
    if (buffer !== undefined) Object.assign(buffer, { isSlow: false, limit: 0 });
  }

  #bufferOf(client: Client): Buffer {
    const known = this.#buffers.get(client);
    if (known !== undefined) return known;
    const buffer = { bytes: 0, isTurnOver: true, isSlow: false, limit: 0 };
    this.#buffers.set(client, buffer);
    return buffer;
  }
}
