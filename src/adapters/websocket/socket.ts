import type { Batch, Clock, Receiver, Socket } from "../../index.js";
import { CloseCode, clampReason } from "../../protocol/close-codes.js";
import type { Place } from "../../transport/places.js";
import { RECEIVER } from "../../transport/taken.js";
import type { StandardWebSocket } from "./types.js";

/** `WebSocket.OPEN` (WHATWG WebSockets, 3.1). */
const OPEN = 1;

/** `WebSocket.CLOSED`. */
const CLOSED = 3;

/** How often a socket that holds something back is asked whether it still does, in milliseconds. */
const DRAIN_POLL = 50;

/** A standard WebSocket's outbound half. */
export class StandardSocket implements Socket {
  readonly #webSocket: StandardWebSocket;
  readonly #clock: Clock;
  readonly #place: Place | undefined;
  #receiver: Receiver | undefined;
  #ending: { readonly code: number; readonly reason: string } | undefined;
  #isPolling = false;
  /** What waited at the last look or write (bytes). */
  #waiting = 0;
  /** Whether some of it has gone since the last poll. */
  #hasDrained = false;

  /** @param place Given back when the connection is gone. */
  constructor(webSocket: StandardWebSocket, clock: Clock, place: Place | undefined) {
    Reflect.set(webSocket, RECEIVER, this);
    this.#place = place;
    this.#webSocket = webSocket;
    this.#clock = clock;
    webSocket.addEventListener("message", this.#onMessage);
    webSocket.addEventListener("error", this.#onError);
    webSocket.addEventListener("close", this.#onClose);
  }

  /** The hub has taken the connection in, and may have closed it again already. */
  listen(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#ending !== undefined) receiver.closed(this.#ending.code, this.#ending.reason);
  }

  get bufferedAmount(): number {
    return this.#webSocket.bufferedAmount ?? 0;
  }

  write(batch: Batch): void {
    if (this.#webSocket.readyState !== OPEN) return;
    if (this.#isPolling) this.#look();
    for (const message of batch.messages()) this.#webSocket.send(message.text);
    this.#waiting = this.bufferedAmount;
    if (this.#waiting > 0) this.#pollDrain();
  }

  close(code: number, reason: string): void {
    try {
      this.#webSocket.close(code, clampReason(reason));
    } catch {
      // A page may not send the codes below 3000 (WHATWG WebSockets, 3.1); the reason still arrives.
      this.#closeNormally(clampReason(reason));
    }
  }

  /** The standard knows no other end than the closing handshake, so the hub does not wait for it. */
  terminate(): void {
    // Bun tells of the end before `close` returns, and with the code of the frame.
    this.#webSocket.removeEventListener("close", this.#onClose);
    this.close(CloseCode.goingAway, "");
    this.#end(CloseCode.abnormal, "");
  }

  #closeNormally(reason: string): void {
    try {
      this.#webSocket.close(CloseCode.normal, reason);
    } catch (cause) {
      this.#onError(cause);
    }
  }

  /** There is no event for it, so it is asked for, while something waits. */
  #pollDrain(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#clock.setTimeout(() => {
      this.#isPolling = false;
      if (this.#ending !== undefined) return;
      this.#look();
      if (this.#waiting > 0) this.#pollDrain();
      if (!this.#hasDrained) return;
      this.#hasDrained = false;
      this.#receiver?.drain();
    }, DRAIN_POLL);
  }

  #look(): void {
    const { bufferedAmount } = this;
    if (bufferedAmount < this.#waiting) this.#hasDrained = true;
    this.#waiting = bufferedAmount;
  }

  readonly #onMessage = ({ data }: { data: unknown }): void => {
    // Whatever is no text is binary: an ArrayBuffer, a Blob, a view. None of it is read.
    this.#receiver?.message(typeof data === "string" ? data : new Uint8Array());
  };

  readonly #onError = (event: unknown): void => {
    if (this.#ending === undefined) this.#receiver?.error(event);
  };

  readonly #onClose = ({ code, reason }: { code: number; reason: string }): void => {
    // Cloudflare Workers leave it to us to answer the closing handshake, which is done elsewhere.
    if (this.#webSocket.readyState !== CLOSED) this.close(code, reason);
    this.#end(code, reason);
  };

  #end(code: number, reason: string): void {
    if (this.#ending !== undefined) return;
    this.#ending = { code, reason };
    this.#place?.release();
    this.#webSocket.removeEventListener("message", this.#onMessage);
    this.#webSocket.removeEventListener("close", this.#onClose);
    this.#receiver?.closed(code, reason);
  }
}
