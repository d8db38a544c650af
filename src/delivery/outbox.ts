import type { Socket } from "../transport/socket.js";
import type { Batch, Part } from "./batch.js";
import { Lag } from "./lag.js";
import { Message } from "./message.js";
import type { Flushable, Turn } from "./turn.js";

/** Text of one turn and client, in UTF-16 code units, above which it is written before the turn ends. */
const FLUSH_ABOVE = 65_536;

/** In the place of a socket that is not to be touched any more. */
const NO_SOCKET: Socket = { bufferedAmount: 0, write() {}, close() {}, terminate() {} };

/**
 * Collects one client's messages during a turn and writes them at its end, in order. All calls of a socket are
 * made here: one that throws, which it must not, costs its own client the connection, and nobody else anything.
 *
 * Whether the client keeps up is decided when a turn begins for it, by the bytes of earlier turns that the
 * network has not taken yet. So a healthy client loses nothing of a burst, however large. For a client that
 * lags, messages that can be caught up later are not queued, and the others only up to a byte limit.
 */
export class Outbox<Owner> implements Flushable {
  readonly #owner: Owner;
  readonly #turn: Turn<Owner>;
  #socket: Socket;
  readonly #maxBufferedBytes: number;
  /** Where this client stands in the turn's chain; undefined between turns. */
  #tail: Batch | undefined;
  /** Upper bound of the bytes that wait: what waited when the socket was last asked, and all written since. */
  #mayWait = 0;
  /** Upper bound of the bytes that wait of answers to what the client sent. */
  #answers = 0;
  /** What the client is behind with; undefined while it keeps up. */
  lag: Lag | undefined;
  /** Whether it is on this turn's list. */
  #isDue = false;
  /** Whether it is on the list of deferred ones. */
  #isDeferred = false;
  #isClosed = false;
  #dropped = 0;
  /** Pings that the peer may still answer. */
  #unanswered = 0;

  constructor(owner: Owner, turn: Turn<Owner>, socket: Socket, maxBufferedBytes: number) {
    this.#owner = owner;
    this.#turn = turn;
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  /** Bytes that may be sent to a client that lags without making it slow again; at 0 or less, wait. */
  get headroom(): number {
    return this.#maxBufferedBytes / 2 - this.bufferedAmount - (this.lag?.queued ?? 0);
  }

  /** Bytes that wait for the network; without end where the socket fails to say. */
  get bufferedAmount(): number {
    try {
      return this.#socket.bufferedAmount;
    } catch (cause) {
      this.#fail(cause);
      return Number.POSITIVE_INFINITY;
    }
  }

  /**
   * Queues a message for the end of the turn. With `deferBy` it may wait: it goes out with the next turn in
   * which there is something else, or after that many milliseconds. Does nothing after `close`.
   */
  push(message: Message, deferBy?: number): void {
    if (this.#tail === undefined && !this.#begin()) return;
    if (deferBy === undefined) this.#enter();
    else if (!this.#isDue) this.#defer(deferBy);
    if (this.lag === undefined || this.#mayPass(message, this.lag)) this.#append(message);
  }

  /** Queues what a client was behind with. */
  replay(part: Part): void {
    if (this.#tail === undefined && !this.#begin()) return;
    this.#enter();
    this.fallBehind().queued += part instanceof Message ? part.frame.length : part.bytes;
    this.#append(part);
  }

  /** Queues the answer to a message of this client's, which counts until it is read. */
  answer(message: Message): void {
    this.#answers += message.frame.length;
    this.push(message);
  }

  /**
   * Whether a further answer may be queued: not while answers of half of `maxBufferedBytes` wait, also of this
   * turn. So nobody lags for what they asked for. Where there is no room, the client is looked at again.
   */
  hasRoom(): boolean {
    const limit = this.#maxBufferedBytes / 2;
    if (this.#answers <= limit) return true;
    if (this.#tail !== undefined) this.#flush(this.#turn.root);
    this.#ask();
    if (this.#answers <= limit || this.#isClosed) return true;
    this.#turn.slowClients.full(this.#owner);
    return false;
  }

  /** Looks whether a client that was full keeps up, though nothing is sent to it. What is sent next decides anew. */
  look(): void {
    this.#ask();
    if (this.#mayWait <= this.#maxBufferedBytes || this.#isClosed) return;
    this.fallBehind().isLagging = true;
    this.#enter();
  }

  /** The client is behind: from now on it is caught up before it is live. */
  fallBehind(): Lag {
    this.lag ??= new Lag();
    return this.lag;
  }

  /** The client is live again. */
  catchUp(): void {
    this.lag = undefined;
  }

  /** Counts messages that the client will not get. They are reported at the end of the turn. */
  drop(count: number): void {
    this.#dropped += count;
    this.#enter();
  }

  /** Writes what is queued, and reports what was found in this turn. Called by the turn. */
  endTurn(): void {
    const { slowClients } = this.#turn;
    this.#isDue = false;
    this.#flush();
    this.#lookBack();
    if (this.lag?.isLagging && !this.lag.isReported && !this.#isClosed) {
      this.lag.isReported = true;
      slowClients.lagging(this.#owner);
    }
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      slowClients.dropped(this.#owner, count);
    }
    if (this.lag?.isOverflowing && !this.#isClosed) slowClients.overflowing(this.#owner);
  }

  /** What was deferred goes out with this turn. Called by the turn. */
  endDeferral(): void {
    this.#isDeferred = false;
    if (this.#tail !== undefined || this.#dropped > 0) this.#enter();
  }

  /** Asks the peer for a sign of life: by a protocol ping, or where the transport has none, by a message. */
  ping(): void {
    if (this.#socket.ping === undefined) {
      this.push(new Message({ type: "ping" }));
      return;
    }
    this.#unanswered++;
    this.#try((socket) => socket.ping?.());
  }

  /** The peer sent a pong. Returns whether a ping asked for it. */
  answered(): boolean {
    if (this.#unanswered === 0) return false;
    this.#unanswered--;
    return true;
  }

  /** Whether more waits than may, and none of it was written here: answers of the transport to one that does not read. */
  get isFlooded(): boolean {
    return this.bufferedAmount > this.#maxBufferedBytes + this.#mayWait;
  }

  /** Reads nothing more of the peer; returns whether the socket can do that. */
  stopReading(): boolean {
    this.#try((socket) => socket.stopReading?.());
    return this.#socket.stopReading !== undefined;
  }

  /** Writes what is queued, takes nothing more, and starts the closing handshake. */
  close(code: number, reason: string): void {
    this.#isClosed = true;
    this.#flush();
    this.#try((socket) => socket.close(code, reason));
  }

  /** Forgets what is queued, takes nothing more, and cuts the connection. */
  terminate(): void {
    const socket = this.#socket;
    this.discard();
    this.#try(() => socket.terminate());
  }

  /** Forgets what is queued and takes nothing more. */
  halt(): void {
    this.#isClosed = true;
    this.#tail = undefined;
  }

  /** Forgets what is queued and takes nothing more: the connection is gone, and its socket let go. */
  discard(): void {
    this.halt();
    this.#socket = NO_SOCKET;
  }

  /** The turn's first message: is this client still keeping up? False if it is closed. */
  #begin(): boolean {
    if (this.#isClosed) return false;
    this.#tail = this.#turn.root;
    // Asking the socket is a call into the runtime, so it is asked only when too much may wait.
    if (this.#mayWait > this.#maxBufferedBytes) {
      this.#ask();
      if (this.#isClosed) return false;
      if (this.#mayWait > this.#maxBufferedBytes) {
        this.fallBehind().slow(this.#mayWait, this.#maxBufferedBytes);
      }
    }
    return true;
  }

  /** A turn is written: what waits may be read at once, or never, and then nobody looks again. */
  #lookBack(): void {
    if (this.#isClosed) return;
    const max = this.#maxBufferedBytes;
    const isLagging = this.lag?.isLagging === true;
    if (this.#answers > max / 16 || (this.#mayWait > max && !isLagging)) this.#ask();
    if (isLagging || this.#mayWait <= max || this.#isClosed) return;
    this.#turn.slowClients.full(this.#owner);
  }

  /** Asks the socket what waits. */
  #ask(): void {
    // Whatever waits may be any part of what was written, or what the transport wrote by itself.
    this.#mayWait = Math.min(this.#mayWait, this.bufferedAmount);
    this.#answers = Math.min(this.#answers, this.#mayWait);
  }

  #mayPass(message: Message, lag: Lag): boolean {
    let verdict = lag.filter(message);
    if (verdict === "pass" && lag.isSlow) {
      if (lag.isOver(message.frame.length, this, this.#tail?.bytes ?? 0)) verdict = "overflow";
    }
    if (verdict === "overflow") lag.isOverflowing = true;
    if (verdict === "drop" || verdict === "overflow") this.#dropped++;
    if (verdict === "pass") lag.queued += message.frame.length;
    return verdict === "pass";
  }

  #append(part: Part): void {
    const tail = this.#tail?.append(part);
    this.#tail = tail;
    if (tail !== undefined && tail.size > FLUSH_ABOVE) this.#flush(this.#turn.root);
  }

  #enter(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#turn.enter(this);
  }

  #defer(ms: number): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#turn.defer(this, ms);
  }

  /** Writes what is queued; what follows in this turn begins at `next`. */
  #flush(next?: Batch): void {
    const tail = this.#tail;
    this.#tail = next;
    if (tail !== undefined) this.#write(tail);
  }

  #write(batch: Batch): void {
    if (batch.length === 0) return;
    this.#turn.counters.delivered += batch.length;
    if (this.lag !== undefined) this.lag.queued = 0;
    this.#mayWait += batch.maxBytes;
    try {
      this.#socket.write(batch);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #try(call: (socket: Socket) => void): void {
    try {
      call(this.#socket);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  /** The socket threw: nothing more is written, because something may be missing. The turn sees to the rest. */
  #fail(cause: unknown): void {
    this.halt();
    this.#turn.fail(this.#owner, cause);
  }
}
