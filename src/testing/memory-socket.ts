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

/**
 * How a connection was closed.
 *
 * @category Events, errors and statistics
 */
export interface CloseInfo {
  /** The close code (RFC 6455, 7.4). */
  readonly code: number;
  /** Empty if none was given. */
  readonly reason: string;
}

/**
 * A connection in memory, for tests. To the hub it is a {@link Socket} like any other; to a test it is the
 * client: it sends, reads what it received, stops reading, and closes or loses the connection.
 *
 * What the hub sends arrives at the end of the turn: with a {@link VirtualClock}, call `clock.flush()` first.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * const hub = new Hub({ clock });
 * const alice = MemorySocket.connect(hub, { user: { id: "1", name: "Alice" } });
 * const bob = MemorySocket.connect(hub, { user: { id: "2", name: "Bob" } });
 * for (const socket of [alice, bob]) socket.send({ type: "join_room", payload: { room_id: "general" } });
 *
 * alice.send({ type: "send_message", room: "general", payload: { content: "Hi!" } });
 * clock.flush();
 * bob.take("new_message"); // [{ type: "new_message", room: "general", payload: { content: "Hi!" }, … }]
 *
 * bob.pause(); // Bob is a slow client from now on
 * bob.cut(); // and loses his connection
 * ```
 *
 * @category Main
 */
export class MemorySocket implements Socket {
  /** The messages that have arrived, in order, without those that were taken. */
  readonly received: Envelope[] = [];
  /** Number of protocol pings that have arrived. */
  pings = 0;
  /** Whether protocol pings are answered. False simulates a client that is gone unnoticed. Default true. */
  answersPings = true;
  /** How the connection was closed; undefined while it is open. */
  closed: CloseInfo | undefined;
  /** Resolves when the connection is closed. */
  readonly ended: Promise<CloseInfo>;
  readonly #clock: Clock;
  #receiver: Receiver | undefined;
  #isPaused = false;
  #waiting: string[] = [];
  #waitingPings = 0;
  #bufferedAmount = 0;
  #wake: (() => void)[] = [];
  #resolveEnded: (info: CloseInfo) => void = () => {};

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Connects to a hub, as after an accepted upgrade. Without a user, the client is a guest. */
  static connect<U extends User, D>(
    hub: Hub<U, D>,
    options: AcceptOptions<NoInfer<U>> = {},
  ): MemorySocket {
    const socket = new MemorySocket(hub.runtime.clock);
    socket.#receiver = hub.accept(socket, options);
    return socket;
  }

  /** Sends a message to the hub: an object as JSON, a string or bytes as they are. */
  send(message: Envelope | string | Uint8Array): void {
    if (this.closed !== undefined) return;
    const isRaw = typeof message === "string" || message instanceof Uint8Array;
    this.#receiver?.message(isRaw ? message : JSON.stringify(message));
  }

  /**
   * Sends a protocol ping to the hub, with up to 125 bytes in it. The answer, a frame with the same bytes, waits
   * while this socket is paused, and counts in `bufferedAmount`.
   */
  sendPing(bytes = 0): void {
    if (this.closed !== undefined) return;
    if (this.#isPaused) this.#bufferedAmount += 2 + bytes;
    this.#receiver?.ping();
  }

  /** Sends a pong to the hub that no ping asked for. */
  sendPong(): void {
    if (this.closed === undefined) this.#receiver?.pong();
  }

  /** Returns the received messages, or those of one type, and removes them from `received`. */
  take(type?: string): Envelope[] {
    const taken = this.received.filter((envelope) => type === undefined || envelope.type === type);
    const left = this.received.filter((envelope) => !taken.includes(envelope));
    this.received.splice(0, Number.POSITIVE_INFINITY, ...left);
    return taken;
  }

  /**
   * Waits for the next message, and removes it from `received`. Only for hubs on the system clock: a
   * virtual clock does not move while you wait.
   */
  async next(): Promise<Envelope> {
    for (;;) {
      const envelope = this.received.shift();
      if (envelope !== undefined) return envelope;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Stops reading. What the hub writes waits from now on, and counts in `bufferedAmount`; pings wait, too. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Reads what waits, and everything that comes after. */
  resume(): void {
    this.#isPaused = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bufferedAmount = 0;
    for (const text of waiting) this.#read(text);
    if (waiting.length > 0) this.#receiver?.drain();
    for (; this.#waitingPings > 0; this.#waitingPings--) this.#answerPing();
  }

  /** Closes the connection from the client's end, with a closing handshake. */
  hangUp(code: number = CloseCode.normal, reason = ""): void {
    this.#end(code, reason);
  }

  /** Breaks the connection without a closing handshake: the hub sees code 1006. */
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
