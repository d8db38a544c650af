import type { WebSocketLike } from "../../browser/index.js";
import type { Batch, Clock, Receiver, Socket } from "../../index.js";
import { CloseCode, clampReason } from "../../protocol/close-codes.js";
import { DelayQueue } from "./delay-queue.js";

/** What a link is like, whoever calls. */
export interface NetworkConditions {
  /** Milliseconds that a message takes at most. */
  readonly latency: number;
  /** Whether the transport has protocol pings. */
  readonly hasPings: boolean;
  /** Whether the transport says when it has drained. */
  readonly reportsDrains: boolean;
}

/** Who looks on. */
export interface NetworkObserver {
  /** The remote end sends a text. */
  up(link: NetworkLink, text: string): void;
  /** A text arrives at the remote end. */
  down(link: NetworkLink, text: string): void;
  /** The server has written a batch; `before` is what waited before. */
  written(link: NetworkLink, batch: Batch, before: number): void;
}

/** What travels: `ping` down and its answer up alike. */
type Item =
  | { readonly kind: "message"; readonly text: string; readonly bytes: number }
  | { readonly kind: "open" | "ping"; readonly bytes: 0 }
  | { readonly kind: "close"; readonly code: number; readonly reason: string; readonly bytes: 0 };

type Listener = ((event: never) => void) | null;

/** A server drops a connection that does not finish its closing handshake in so many milliseconds. */
const CLOSE_TIMEOUT = 30_000;

/** A WebSocket in memory: the remote end of it, and in `socket` the server's. */
export class NetworkLink implements WebSocketLike {
  onopen: Listener = null;
  onmessage: Listener = null;
  onerror: Listener = null;
  onclose: Listener = null;
  readyState = 0;
  /** The server's end. */
  readonly socket: Socket;
  /** Bytes a second that the remote end reads. */
  #rate: number;
  #receiver: Receiver | undefined;
  #isServed = false;
  #isFrozen = false;
  /** Whether nothing arrives any more. */
  #isBroken = false;
  #bufferedAmount = 0;
  #buffer: Item[] = [];
  /** While a slow remote end reads one message. */
  #reading: unknown;
  #closing: unknown;
  readonly #clock: Clock;
  readonly #latency: () => number;
  readonly #conditions: NetworkConditions;
  readonly #watcher: NetworkObserver;
  readonly #up: DelayQueue<Item>;
  readonly #down: DelayQueue<Item>;

  constructor(
    clock: Clock,
    random: () => number,
    conditions: NetworkConditions,
    watcher: NetworkObserver,
    rate: number,
  ) {
    this.#clock = clock;
    this.#rate = rate;
    this.#latency = () => Math.floor(random() * (conditions.latency + 1));
    this.#conditions = conditions;
    this.#watcher = watcher;
    this.#up = new DelayQueue(clock, this.#latency, (item) => this.#arriveUp(item), true);
    this.#down = new DelayQueue(clock, this.#latency, (item) => this.#arriveDown(item), false);
    this.socket = this.#makeSocket();
  }

  /** Whether both ends are through with it. */
  get isOver(): boolean {
    return (this.readyState === 3 || this.#isFrozen) && !this.#isServed;
  }

  /** Whether the server still holds its end. */
  get isServed(): boolean {
    return this.#isServed;
  }

  /** Calls the server; undefined is one that does not answer. */
  open(accept: ((link: NetworkLink) => Receiver) | undefined): void {
    this.#later(() => {
      if (this.readyState !== 0) return;
      if (accept === undefined) {
        this.#endRemote(CloseCode.abnormal, "");
        return;
      }
      this.#isServed = true;
      this.#down.push({ kind: "open", bytes: 0 });
      this.#receiver = accept(this);
    });
  }

  /** Has the remote end read at another speed: 0 is not at all. */
  read(rate: number): void {
    this.#rate = rate;
    this.#clock.clearTimeout(this.#reading);
    this.#reading = undefined;
    this.#pump();
  }

  /** The link breaks: both ends are told, each after a while. */
  cut(): void {
    if (this.#isFrozen) return;
    this.#lose();
    this.#later(() => this.#endServed(CloseCode.abnormal, ""));
    this.#later(() => this.#endRemote(CloseCode.abnormal, ""));
  }

  /** Nothing goes through any more, in either direction, and nobody is told. */
  freeze(): void {
    if (this.readyState !== 1) {
      this.cut();
      return;
    }
    this.#isFrozen = true;
    this.#lose();
  }

  /** The server's process dies: it is told nothing, the remote end is. */
  crash(): void {
    this.#receiver = undefined;
    this.#endServed(CloseCode.abnormal, "");
    this.#hangUp();
  }

  send(text: string): void {
    if (this.readyState !== 1) return;
    this.#watcher.up(this, text);
    this.#sendUp({ kind: "message", text, bytes: text.length });
  }

  close(code: number = CloseCode.noStatus, reason = ""): void {
    if (this.readyState > 1) return;
    const wasOpen = this.readyState === 1;
    this.readyState = 2;
    if (wasOpen) this.#sendUp({ kind: "close", code, reason, bytes: 0 });
    else this.cut();
  }

  #makeSocket(): Socket {
    const bufferedAmount = () => this.#bufferedAmount;
    return {
      get bufferedAmount() {
        return bufferedAmount();
      },
      write: (batch) => this.#write(batch),
      ...(this.#conditions.hasPings && { ping: () => this.#queue({ kind: "ping", bytes: 0 }) }),
      close: (code, reason) => {
        if (!this.#isServed || this.#closing !== undefined) return;
        const giveUp = () => this.#endServed(CloseCode.abnormal, "");
        this.#closing = this.#clock.setTimeout(giveUp, CLOSE_TIMEOUT);
        this.#queue({ kind: "close", code, reason: clampReason(reason), bytes: 0 });
      },
      terminate: () => {
        this.#clock.setImmediate(() => this.#endServed(CloseCode.abnormal, ""));
        this.#hangUp();
      },
    };
  }

  #write(batch: Batch): void {
    if (!this.#isServed) return;
    const before = this.#bufferedAmount;
    for (const { text, bytes } of batch.messages()) {
      this.#queue({ kind: "message", text, bytes: bytes.length });
    }
    this.#watcher.written(this, batch, before);
  }

  #queue(item: Item): void {
    if (!this.#isServed) return;
    this.#buffer.push(item);
    this.#bufferedAmount += item.bytes;
    this.#pump();
  }

  /** Hands to the network what the remote end reads. */
  #pump(): void {
    if (this.#isFrozen || this.#rate === 0 || this.#reading !== undefined) return;
    for (let item = this.#buffer[0]; item !== undefined; item = this.#buffer[0]) {
      if (this.#rate !== Number.POSITIVE_INFINITY) {
        const ms = Math.ceil((item.bytes * 1_000) / this.#rate);
        this.#reading = this.#clock.setTimeout(() => {
          this.#reading = undefined;
          this.#take();
          this.#pump();
        }, ms);
        return;
      }
      this.#take();
    }
  }

  #take(): void {
    const item = this.#buffer.shift();
    if (item === undefined) return;
    this.#bufferedAmount -= item.bytes;
    if (!this.#isBroken) this.#down.push(item);
    if (this.#buffer.length > 0 || !this.#conditions.reportsDrains) return;
    // What was taken at once did not wait: then nothing has drained, and nobody minds being told.
    this.#clock.setImmediate(() => this.#receiver?.drain());
  }

  #sendUp(item: Item): void {
    if (!this.#isBroken) this.#up.push(item);
  }

  #arriveUp(item: Item): void {
    if (item.kind === "message") this.#receiver?.message(item.text);
    else if (item.kind === "ping") this.#receiver?.pong();
    else if (item.kind === "close") {
      this.#endServed(item.code, item.reason);
      this.#later(() => this.#endRemote(item.code, item.reason));
    }
  }

  #arriveDown(item: Item): void {
    if (item.kind === "ping") this.#sendUp(item);
    else if (item.kind === "open") {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.onopen?.({} as never);
    } else if (item.kind === "close") {
      const { code, reason } = item;
      this.#endRemote(code, reason);
      this.#lose();
      this.#later(() => this.#endServed(code, reason));
    } else if (item.kind === "message" && this.readyState < 2) {
      this.#watcher.down(this, item.text);
      this.onmessage?.({ data: item.text } as never);
    }
  }

  #endServed(code: number, reason: string): void {
    if (!this.#isServed) return;
    this.#isServed = false;
    this.#buffer = [];
    this.#bufferedAmount = 0;
    this.#clock.clearTimeout(this.#closing);
    this.#clock.clearTimeout(this.#reading);
    this.#receiver?.closed(code, reason);
  }

  #endRemote(code: number, reason: string): void {
    if (this.readyState === 3 || this.#isFrozen) return;
    this.readyState = 3;
    this.onclose?.({ code, reason } as never);
  }

  /** What was on its way is lost. */
  #lose(): void {
    this.#isBroken = true;
    this.#up.clear();
    this.#down.clear();
  }

  /** The server's end is gone: the participant one notices, if anything still goes through. */
  #hangUp(): void {
    if (this.#isFrozen) return;
    this.#lose();
    this.#later(() => this.#endRemote(CloseCode.abnormal, ""));
  }

  #later(callback: () => void): void {
    const delay = this.#latency();
    if (delay > 0) this.#clock.setTimeout(callback, delay);
    else this.#clock.setImmediate(callback);
  }
}
