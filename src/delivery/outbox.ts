import type { Socket } from "../transport/socket.js";
import type { Batch, Part } from "./batch.js";
import { Lag } from "./lag.js";
import { Message } from "./message.js";
import type { Turn } from "./turn.js";

/** A turn that produces more text than this for one client writes what it has so far. */
const FLUSH_ABOVE = 65_536;

/** A UTF-16 code unit is three bytes of UTF-8 at most; a frame's header is ten (RFC 6455, 5.2). */
const BYTES_PER_UNIT = 3;
const HEADER_BYTES = 10;

/**
 * Collects one client's messages during a turn and writes them at its end, in order.
 *
 * Whether the client keeps up is decided when a turn begins for it, by what the network has not yet
 * taken of earlier turns. So a healthy client loses nothing of a burst, however large. One that does not
 * keep up lags: what can be caught up later is not queued for it, and of the rest only as much again as
 * may wait at all.
 */
export class Outbox<Owner> {
  readonly #owner: Owner;
  readonly #turn: Turn<Owner>;
  readonly #socket: Socket;
  readonly #maxBufferedBytes: number;
  /** Where this client stands in the turn's chain; undefined between turns. */
  #tail: Batch | undefined;
  /** No more bytes than these can wait: what waited when it was last asked, and all written since. */
  #mayWait = 0;
  #lag: Lag | undefined;
  /** Whether it is on this turn's list. */
  #isDue = false;
  /** Whether it is on the list of those that wait for a crowd. */
  #isLingering = false;
  #isClosed = false;
  #dropped = 0;

  constructor(owner: Owner, turn: Turn<Owner>, socket: Socket, maxBufferedBytes: number) {
    this.#owner = owner;
    this.#turn = turn;
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  /** What the client is behind with; undefined while it keeps up. */
  get lag(): Lag | undefined {
    return this.#lag;
  }

  /** Bytes that may be sent to a client that lags without making it slow again; none or less: wait. */
  get room(): number {
    const queued = this.#lag?.replaying ?? 0;
    return this.#maxBufferedBytes / 2 - this.#socket.bufferedAmount - queued;
  }

  /**
   * Queues a message for the end of the turn; or, if it `lingers`, for the next turn in which there is
   * something else, or the end of the crowd's window. After `close` it does nothing.
   */
  push(message: Message, lingers = false): void {
    if (this.#tail === undefined && !this.#begin()) return;
    if (!lingers) this.#enter();
    else if (!this.#isDue) this.#linger();
    if (this.#lag === undefined || this.#mayPass(message, this.#lag)) this.#append(message);
  }

  /** Queues what a client was behind with. */
  replay(part: Part): void {
    if (this.#tail === undefined && !this.#begin()) return;
    this.#enter();
    const bytes = part instanceof Message ? part.frame.length : part.bytes;
    this.fallBehind().replaying += bytes;
    this.#append(part);
  }

  /** Says that the client is behind: from now on it is caught up before it is live. */
  fallBehind(): Lag {
    this.#lag ??= new Lag();
    return this.#lag;
  }

  /** Says that the client is live again. */
  catchUp(): void {
    this.#lag = undefined;
  }

  /** Counts messages that the client will not get. They are told of at the end of the turn. */
  drop(count: number): void {
    this.#dropped += count;
    this.#enter();
  }

  /** Writes what the turn brought. Called by the turn. */
  endTurn(): void {
    this.#isDue = false;
    this.#flush();
    if (this.#lag?.isSlow && !this.#lag.isTold && !this.#isClosed) {
      this.#lag.isTold = true;
      this.#turn.lags(this.#owner);
    }
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#turn.drop(this.#owner, count);
    }
    if (this.#lag?.isOverfull && !this.#isClosed) this.#turn.isOverfull(this.#owner);
  }

  /** The crowd's window is over: what is still queued goes out with this turn. Called by the turn. */
  endLingering(): void {
    this.#isLingering = false;
    if (this.#tail !== undefined || this.#dropped > 0) this.#enter();
  }

  /** Writes what is queued and takes nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#flush();
  }

  /** Forgets what is queued and takes nothing more: the connection is gone. */
  discard(): void {
    this.#isClosed = true;
    this.#tail = undefined;
  }

  /** The turn's first message: is this client still keeping up? False if it is closed. */
  #begin(): boolean {
    if (this.#isClosed) return false;
    this.#tail = this.#turn.root;
    // Asking the socket is a call into the runtime; it is spared as long as the answer is known.
    if (this.#mayWait > this.#maxBufferedBytes) {
      this.#mayWait = this.#socket.bufferedAmount;
      if (this.#mayWait > this.#maxBufferedBytes) {
        this.fallBehind().slow(this.#mayWait, this.#maxBufferedBytes);
      }
    }
    return true;
  }

  #mayPass(message: Message, lag: Lag): boolean {
    let verdict = lag.judge(message);
    if (verdict === "passes" && lag.isSlow && this.#isTooMuch(message, lag)) verdict = "too much";
    if (verdict === "too much") lag.isOverfull = true;
    if (verdict === "dropped" || verdict === "too much") this.#dropped++;
    return verdict === "passes";
  }

  /** Whether more waits than ever may, with this message. The socket is asked when that may be so. */
  #isTooMuch(message: Message, lag: Lag): boolean {
    const { length } = message.frame;
    if (length > lag.allowance) {
      const waiting = this.#socket.bufferedAmount + (this.#tail as Batch).bytes;
      lag.allowance = lag.ceiling - waiting;
    }
    lag.allowance -= length;
    return lag.allowance < 0;
  }

  #append(part: Part): void {
    const tail = (this.#tail as Batch).append(part);
    this.#tail = tail;
    if (tail.size > FLUSH_ABOVE) {
      this.#tail = this.#turn.root;
      this.#write(tail);
    }
  }

  #enter(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#turn.enter(this);
  }

  #linger(): void {
    if (this.#isLingering) return;
    this.#isLingering = true;
    this.#turn.linger(this);
  }

  #flush(): void {
    const tail = this.#tail;
    this.#tail = undefined;
    if (tail !== undefined) this.#write(tail);
  }

  #write(batch: Batch): void {
    if (batch.length === 0) return;
    this.#turn.delivered += batch.length;
    if (this.#lag !== undefined) this.#lag.replaying = 0;
    this.#mayWait += batch.size * BYTES_PER_UNIT + batch.length * HEADER_BYTES;
    this.#socket.write(batch);
  }
}
