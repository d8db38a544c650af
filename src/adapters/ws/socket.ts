import type { Batch, Receiver, Socket } from "../../index.js";
import { CloseCode, clampReason } from "../../protocol/close-codes.js";
import { RECEIVER } from "../../transport/taken.js";
import type { NetSocket, WsConnection, WsFrames } from "./types.js";

/** `WebSocket.OPEN` (WHATWG WebSockets, 3.1). */
export const OPEN = 1;

/** Fragments that every message may have, and bytes that each further one must have on average. */
const MIN_FRAGMENTS = 64;

const IS_BUN = "Bun" in globalThis;

/**
 * The outbound half of a `ws` connection.
 *
 * Batches are written as finished frames straight to the connection's own network socket: one write
 * per turn, whatever the number of messages. That is sound because `ws` itself writes each frame
 * whole and at once. Where compression was negotiated a frame is not ours to make, so each message
 * goes through `ws.send`; so it does on Bun, whose `ws` is its own: there the network socket accepts
 * bytes, and forgets those that the network does not take at once.
 */
export class WsSocket implements Socket {
  readonly #ws: WsConnection;
  readonly #net: NetSocket;
  readonly #isPlain: boolean;
  /** Bytes that the network had taken at the last ping, where more waited. */
  #taken: number | undefined;

  constructor(ws: WsConnection, net: NetSocket) {
    this.#ws = ws;
    this.#net = net;
    this.#isPlain = ws.extensions === "" && !IS_BUN;
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
    if (this.#ws.readyState !== OPEN) return;
    this.#ws.ping();
    this.#lookForProgress();
  }

  /**
   * Reports a drain where the network has taken something since the last ping of what waited then: there is no
   * event before all of it is gone, which a slow peer may never see.
   */
  #lookForProgress(): void {
    const { bytesWritten = 0, writableLength, _handle: handle } = this.#net;
    // What the operating system has taken of a write under way, only the handle knows. Node's own timeout of
    // a socket looks there, too.
    const isLive = typeof handle?.writeQueueSize === "number";
    const waiting = isLive ? handle.writeQueueSize : writableLength;
    const taken = (isLive ? handle.bytesWritten : bytesWritten) - waiting;
    if (this.#taken !== undefined && taken > this.#taken) {
      (this.#net as Listening<NetSocket>)[RECEIVER].drain();
    }
    // Where nothing waits, what is taken next tells nothing of the peer.
    this.#taken = waiting > 0 ? taken : undefined;
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, clampReason(reason));
  }

  stopReading(): void {
    this.#ws.pause?.();
  }

  terminate(): void {
    this.#ws.terminate();
  }
}

/** Fragments that one message may have: a frame costs as much time as a message, and is not counted. */
function maxFragments(maxMessageBytes: number): number {
  return Math.max(MIN_FRAGMENTS, Math.ceil(maxMessageBytes / MIN_FRAGMENTS));
}

type Listening<Emitter> = Emitter & { [RECEIVER]: Receiver };

/**
 * Drives a receiver with what arrives on a `ws` connection. The listeners are the same functions for all
 * connections, which find the receiver on the emitter: an idle connection costs no closures.
 */
export function listen(
  ws: WsConnection,
  net: NetSocket,
  receiver: Receiver,
  maxMessageBytes: number,
): void {
  (ws as Listening<WsConnection>)[RECEIVER] = receiver;
  (net as Listening<NetSocket>)[RECEIVER] = receiver;
  // Not public, and the same in each version 8: only it tells of the peer's close frame when that arrives.
  const frames = Reflect.get(ws, "_receiver") as Listening<WsFrames> | undefined;
  if (frames !== undefined) {
    frames[RECEIVER] = receiver;
    frames.on("conclude", onConclude);
    // The option of the server, which a framework may have made.
    const { _maxFragments: before } = frames;
    if (before !== undefined)
      frames._maxFragments = Math.min(before || Infinity, maxFragments(maxMessageBytes));
  }
  ws.on("message", onMessage);
  ws.on("ping", onPing);
  ws.on("pong", onPong);
  ws.on("error", onError);
  ws.on("close", onClose);
  net.on("drain", onDrain);
  net.on("end", onEnd);
}

/** The peer's close frame. `ws` tells of the end when the network has closed, which is up to the peer. */
function onConclude(this: Listening<WsFrames>, code: number): void {
  this[RECEIVER].ending(code);
}

/** The peer's half has ended; ours does once all is sent, which is up to the peer. */
function onEnd(this: Listening<NetSocket>): void {
  this[RECEIVER].ending(CloseCode.abnormal);
}

function onMessage(this: Listening<WsConnection>, data: object, isBinary: boolean): void {
  this[RECEIVER].message(isBinary ? (data as Uint8Array) : data.toString());
}

function onPing(this: Listening<WsConnection>): void {
  this[RECEIVER].ping();
}

function onPong(this: Listening<WsConnection>): void {
  this[RECEIVER].pong();
}

function onError(this: Listening<WsConnection>, cause: Error): void {
  this[RECEIVER].error(cause);
}

function onClose(this: Listening<WsConnection>, code: number, reason: Uint8Array): void {
  this[RECEIVER].closed(code, reason.toString());
}

function onDrain(this: Listening<NetSocket>): void {
  this[RECEIVER].drain();
}
