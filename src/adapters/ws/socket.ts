import type { Batch, Receiver, Socket } from "../../index.js";
import { clampReason } from "../../protocol/close-codes.js";
import type { NetSocket, WsConnection } from "./types.js";

/** `WebSocket.OPEN` (WHATWG WebSockets, 3.1). */
const OPEN = 1;

/**
 * The outbound half of a `ws` connection.
 *
 * Batches are written as finished frames straight to the connection's own network socket: one write
 * per turn, whatever the number of messages. That is sound because `ws` itself writes each frame
 * whole and at once. Where compression was negotiated a frame is not ours to make, so each message
 * goes through `ws.send`.
 */
export class WsSocket implements Socket {
  readonly #ws: WsConnection;
  readonly #net: NetSocket;
  readonly #isPlain: boolean;

  constructor(ws: WsConnection, net: NetSocket) {
    this.#ws = ws;
    this.#net = net;
    this.#isPlain = ws.extensions === "";
  }

  get bufferedAmount(): number {
    return this.#isPlain ? this.#net.writableLength : this.#ws.bufferedAmount;
  }

  write(batch: Batch): void {
    if (this.#ws.readyState !== OPEN) return;
    if (!this.#isPlain) {
      for (const message of batch.messages()) this.#ws.send(message.bytes, { binary: false });
      return;
    }
    const frames = batch.frames();
    if (frames.length === 1) {
      this.#net.write(frames[0] as Uint8Array);
      return;
    }
    this.#net.cork();
    for (const frame of frames) this.#net.write(frame);
    this.#net.uncork();
  }

  ping(): void {
    if (this.#ws.readyState === OPEN) this.#ws.ping();
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, clampReason(reason));
  }

  terminate(): void {
    this.#ws.terminate();
  }
}

/** Drives a receiver with what arrives on a `ws` connection. */
export function listen(ws: WsConnection, net: NetSocket, receiver: Receiver): void {
  ws.on("message", (data: Uint8Array, isBinary: boolean) => {
    receiver.message(isBinary ? data : data.toString());
  });
  ws.on("pong", () => receiver.pong());
  ws.on("error", (cause: Error) => receiver.error(cause));
  ws.on("close", (code: number, reason: Uint8Array) => receiver.closed(code, reason.toString()));
  net.on("drain", () => receiver.drain());
}
