import type { Batch, Receiver, Socket } from "../../index.js";
import { clampReason } from "../../protocol/close-codes.js";
import type { UwsConnection } from "./types.js";

/** What is being written, for {@link send}: a cork's callback has no arguments. */
let connection: UwsConnection<unknown>;
let batch: Batch;

/** One callback for every write of every client, so that none is made per write. */
const send = (): void => {
  for (const message of batch.messages()) connection.send(message.bytes, false);
};

/**
 * One uWebSockets.js connection: its outbound half, and who is told of what arrives. Each batch is one
 * cork, so one system call.
 */
export class UwsSocket implements Socket {
  readonly #ws: UwsConnection<unknown>;
  /** How it ended. A connection must not be touched after its close handler. */
  #ending: { readonly code: number; readonly reason: string } | undefined;
  #receiver: Receiver | undefined;
  /** The close frame, while it waits until all before it has been sent. */
  #goodbye: { readonly code: number; readonly reason: string } | undefined;

  constructor(ws: UwsConnection<unknown>) {
    this.#ws = ws;
  }

  /** Who is told of what arrives. Undefined while the hub is taking the connection in. */
  get receiver(): Receiver | undefined {
    return this.#receiver;
  }

  /** The hub has taken the connection in, and may have closed it again already. */
  listen(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#ending !== undefined) receiver.closed(this.#ending.code, this.#ending.reason);
  }

  /** Some of what waited has been sent. */
  drained(): void {
    this.#receiver?.drain();
    if (this.#goodbye !== undefined && this.#ending === undefined) this.#end(this.#goodbye);
  }

  /** The connection's close handler runs. */
  closed(code: number, reason: string): void {
    this.#ending = { code, reason };
    this.#receiver?.closed(code, reason);
  }

  get bufferedAmount(): number {
    return this.#ending === undefined ? this.#ws.getBufferedAmount() : 0;
  }

  write(next: Batch): void {
    if (this.#ending !== undefined) return;
    connection = this.#ws;
    batch = next;
    if (next.length === 1) send();
    else connection.cork(send);
  }

  ping(): void {
    if (this.#ending === undefined) this.#ws.ping();
  }

  close(code: number, reason: string): void {
    if (this.#ending !== undefined || this.#goodbye !== undefined) return;
    this.#goodbye = { code, reason: clampReason(reason) };
    this.#end(this.#goodbye);
  }

  terminate(): void {
    if (this.#ending === undefined) this.#ws.close();
  }

  /**
   * Ends the connection once nothing waits. From then on uWebSockets.js holds it, out of reach: with something
   * still to send it would do so for as long as the peer reads now and then.
   */
  #end({ code, reason }: { readonly code: number; readonly reason: string }): void {
    if (this.#ws.getBufferedAmount() === 0) this.#ws.end(code, reason);
  }
}
