import type { Batch } from "../delivery/batch.js";

/**
 * The outbound half of a transport, implemented by an adapter and driven by the hub.
 * Implementations never throw: what goes wrong is told to the {@link Receiver}. One that throws all the same
 * loses its connection, with an `error` event, and is not called again.
 *
 * @category For adapter authors
 */
export interface Socket {
  /** Bytes accepted by `write` and not yet handed to the network. */
  readonly bufferedAmount: number;
  /** Sends one client's turn, in order. After close it does nothing. */
  write(batch: Batch): void;
  /** Sends a protocol ping. Absent where the runtime pings by itself or cannot. */
  ping?(): void;
  /**
   * Reads nothing more of a peer that floods: what it sends fills its own network. What is queued is still
   * written. Absent where the runtime cannot: there the connection is cut if the flood goes on.
   */
  stopReading?(): void;
  /** Starts the closing handshake. MUST clamp `reason` to 123 UTF-8 bytes (RFC 6455, 5.5). */
  close(code: number, reason: string): void;
  /** Drops the connection without a closing handshake: dead peers never finish one. */
  terminate(): void;
}

/**
 * The inbound half of a transport, returned by `hub.accept` and driven by the adapter. An adapter
 * MUST copy memory that its runtime takes back before it calls `message`.
 *
 * @category For adapter authors
 */
export interface Receiver {
  /** One whole message: a string for text, bytes for binary. */
  message(data: string | Uint8Array): void;
  /** The peer sent a protocol ping, which the transport answers by itself. It counts as a message. */
  ping(): void;
  /** The peer sent a pong. One that no ping asked for counts as a message. */
  pong(): void;
  /**
   * Some or all of what waited has been handed to the network. It is a sign of life: the peer has made room for
   * it.
   */
  drain(): void;
  /**
   * The peer has said goodbye, or ended its half, and the connection is still there: nothing more arrives or is
   * written. `closed` follows, with the same code; the hub cuts the connection where it takes longer than 1 s.
   * Adapters whose connection is gone at once need not call it.
   */
  ending(code: number): void;
  /** The transport failed; `closed` follows. Nothing more is written; cut after 1 s, as with `ending`. */
  error(cause: unknown): void;
  /** The connection is gone. Exactly once, and last. */
  closed(code: number, reason: string): void;
}
