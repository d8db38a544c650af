import type { Socket } from "../socket.js";
import type { Batch } from "./batch.js";
import type { Message } from "./message.js";
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
 * taken of earlier turns. So a healthy client loses nothing of a burst, however large, and a client
 * that does not read costs no more than the limit and one turn.
 */
export class Outbox<Owner> {
  readonly #owner: Owner;
  readonly #turn: Turn<Owner>;
  readonly #socket: Socket;
  readonly #maxBufferedBytes: number;
  /** Where this client stands in the turn's chain; undefined between turns. */
  #tail: Batch | undefined;
  #isSlow = false;
  /** No more bytes than these can wait: what waited when it was last asked, and all written since. */
  #mayWait = 0;
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

  /**
   * Queues a message for the end of the turn; or, if it `lingers`, for the next turn in which there is
   * something else, or the end of the crowd's window. After `close` it does nothing.
   */
  push(message: Message, lingers = false): void {
    let tail = this.#tail;
    if (tail === undefined) {
      if (this.#isClosed) return;
      tail = this.#turn.root;
      this.#tail = tail;
      this.#isSlow = !this.#keepsUp();
    }
    if (!lingers) this.#enter();
    else if (!this.#isDue) this.#linger();
    if (this.#isSlow) {
      this.#dropped++;
      return;
    }
    tail = tail.append(message);
    this.#tail = tail;
    if (tail.size > FLUSH_ABOVE) {
      this.#tail = this.#turn.root;
      this.#write(tail);
    }
  }

  /** Writes what the turn brought. Called by the turn. */
  endTurn(): void {
    this.#isDue = false;
    this.#flush();
    if (this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#turn.drop(this.#owner, count);
    }
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

  /** Asking the socket is a call into the runtime; it is spared as long as the answer is known. */
  #keepsUp(): boolean {
    if (this.#mayWait > this.#maxBufferedBytes) this.#mayWait = this.#socket.bufferedAmount;
    return this.#mayWait <= this.#maxBufferedBytes;
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
    this.#mayWait += batch.size * BYTES_PER_UNIT + batch.length * HEADER_BYTES;
    this.#socket.write(batch);
  }
}
