import type {
  AcceptOptions,
  Batch,
  Clock,
  Envelope,
  Hub,
  Receiver,
  Socket,
  User,
} from "../index.js";
import { CloseCode, clampReason } from "../protocol/close-codes.js";

/** How a connection ended. */
export interface Closure {
  /** The close code (RFC 6455, 7.4). */
  readonly code: number;
  /** Empty where none was given. */
  readonly reason: string;
}

/**
 * A connection that exists in memory alone. The hub writes to it as to any {@link Socket}; a test
 * holds it as the remote end: sends with {@link send}, reads {@link received}, and can stop reading,
 * hang up or vanish.
 */
export class MemorySocket implements Socket {
  /** What arrived and was not taken yet, in order. */
  readonly received: Envelope[] = [];
  /** Protocol pings that arrived. */
  pings = 0;
  /** Whether pings are answered. A remote end that vanished does not. Default true. */
  answersPings = true;
  /** How the connection ended; undefined while it is open. */
  closed: Closure | undefined;
  /** Resolves with how the connection ended, once it has. */
  readonly ended: Promise<Closure>;
  readonly #clock: Clock;
  #receiver: Receiver | undefined;
  #isPaused = false;
  #waiting: string[] = [];
  #waitingPings = 0;
  #bufferedAmount = 0;
  #wake: (() => void)[] = [];
  #resolveEnded: (closure: Closure) => void = () => {};

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Connects to a hub, as if the upgrade had just been answered. */
  static connect<U extends User, D>(
    hub: Hub<U, D>,
    options: AcceptOptions<NoInfer<U>> = {},
  ): MemorySocket {
    const socket = new MemorySocket(hub.settings.clock);
    socket.#receiver = hub.accept(socket, options);
    return socket;
  }

  /** Sends to the hub: an object as JSON, a string or bytes as they are. */
  send(message: Envelope | string | Uint8Array): void {
    if (this.closed !== undefined) return;
    const isRaw = typeof message === "string" || message instanceof Uint8Array;
    this.#receiver?.message(isRaw ? message : JSON.stringify(message));
  }

  /** Everything received so far, or all of one type; it is taken out of `received`. */
  take(type?: string): Envelope[] {
    const taken = this.received.filter((envelope) => type === undefined || envelope.type === type);
    const left = this.received.filter((envelope) => !taken.includes(envelope));
    this.received.splice(0, Number.POSITIVE_INFINITY, ...left);
    return taken;
  }

  /**
   * The next message, as soon as there is one; it is taken out of `received`. For hubs on the runtime's
   * own clock: a virtual one does not move while you wait.
   */
  async next(): Promise<Envelope> {
    for (;;) {
      const envelope = this.received.shift();
      if (envelope !== undefined) return envelope;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /**
   * Stops reading: what the hub writes from now on waits, and counts as `bufferedAmount`. Pings wait
   * too.
   */
  pause(): void {
    this.#isPaused = true;
  }

  /** Reads what waited, and reads on. */
  resume(): void {
    this.#isPaused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bufferedAmount = 0;
    for (const text of waiting) this.#read(text);
    if (waiting.length > 0) this.#receiver?.drain();
    for (; this.#waitingPings > 0; this.#waitingPings--) this.#answerPing();
  }

  /** Closes from the remote end, with a closing handshake. */
  hangUp(code: number = CloseCode.normal, reason = ""): void {
    this.#end(code, reason);
  }

  /** Cuts the line: the hub sees 1006. */
  cut(): void {
    this.#end(CloseCode.abnormal, "");
  }

  /** @inheritDoc */
  get bufferedAmount(): number {
    return this.#bufferedAmount;
  }

  /** @inheritDoc */
  write(batch: Batch): void {
    if (this.closed !== undefined) return;
    for (const { text, bytes } of batch.messages()) {
      if (this.#isPaused) {
        this.#waiting.push(text);
        this.#bufferedAmount += bytes.length;
      } else {
        this.#read(text);
      }
    }
  }

  /** @inheritDoc */
  ping(): void {
    this.pings++;
    if (this.#isPaused) this.#waitingPings++;
    else this.#answerPing();
  }

  /** @inheritDoc */
  close(code: number, reason: string): void {
    this.#clock.setImmediate(() => this.#end(code, clampReason(reason)));
  }

  /** @inheritDoc */
  terminate(): void {
    this.#clock.setImmediate(() => this.#end(CloseCode.abnormal, ""));
  }

  #answerPing(): void {
    if (this.answersPings) this.#clock.setImmediate(() => this.#receiver?.pong());
  }

  #read(text: string): void {
    this.received.push(JSON.parse(text) as Envelope);
    for (const wake of this.#wake.splice(0)) wake();
  }

  #end(code: number, reason: string): void {
    if (this.closed !== undefined) return;
    this.closed = { code, reason };
    this.#resolveEnded(this.closed);
    this.#receiver?.closed(code, reason);
  }
}
