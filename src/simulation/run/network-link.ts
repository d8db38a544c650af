import type { WebSocketLike } from "../../browser/index.js";
import type { Batch, Receiver, Socket } from "../../index.js";
import { CloseCode, clampReason } from "../../protocol/close-codes.js";
import type { VirtualClock } from "../../testing/index.js";
import type { NetworkConditions } from "../plan/conditions.js";
import { DelayQueue } from "./delay-queue.js";

/** Observes what links carry. */
export interface NetworkObserver {
  /** The remote end sends a text. */
  sent(link: NetworkLink, text: string): void;
  /** A text arrives at the remote end. */
  received(link: NetworkLink, text: string): void;
  /** The server has written a batch. `before` is what waited before that (bytes). */
  written(link: NetworkLink, batch: Batch, before: number): void;
}

/** What a link needs. */
export interface NetworkLinkContext {
  /** Identifies the link among all of a simulation. */
  readonly index: number;
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly conditions: NetworkConditions;
  readonly observer: NetworkObserver;
}

/** What travels. A `ping` goes down; its answer comes up as a `ping`, too. */
type Item =
  | { readonly kind: "message"; readonly text: string; readonly bytes: number }
  | { readonly kind: "open" | "ping"; readonly bytes: 0 }
  | { readonly kind: "close"; readonly code: number; readonly reason: string; readonly bytes: 0 };

type Listener = ((event: never) => void) | null;

/** How long the server waits for the end of a closing handshake (ms). */
const CLOSE_TIMEOUT = 30_000;

/** A network connection in memory: a WebSocket for the remote end, and `socket` for the server. */
export class NetworkLink implements WebSocketLike {
  onopen: Listener = null;
  onmessage: Listener = null;
  onerror: Listener = null;
  onclose: Listener = null;
  readyState = 0;
  readonly index: number;
  /** The server's end. */
  readonly socket: Socket;
  /** How fast the remote end reads (bytes per second). */
  #rate: number;
  #receiver: Receiver | undefined;
  /** Whether the server's end is open. */
  #isServed = false;
  /** Whether nothing gets through, and neither end notices. */
  #isFrozen = false;
  /** Whether nothing gets through any more, for whatever reason. */
  #isBroken = false;
  #bufferedAmount = 0;
  /** What the server wrote and the remote end has not read. */
  #buffer: Item[] = [];
  /** The timer of an item that a slow remote end is reading. */
  #reading: unknown;
  /** The timer of the server's closing handshake. */
  #closing: unknown;
  readonly #clock: VirtualClock;
  readonly #latency: () => number;
  readonly #conditions: NetworkConditions;
  readonly #observer: NetworkObserver;
  readonly #up: DelayQueue<Item>;
  readonly #down: DelayQueue<Item>;

  constructor(context: NetworkLinkContext, rate: number) {
    const { index, clock, random, conditions, observer } = context;
    const latency = () => Math.floor(random() * (conditions.latency + 1));
    this.index = index;
    this.#clock = clock;
    this.#rate = rate;
    this.#latency = latency;
    this.#conditions = conditions;
    this.#observer = observer;
    const up = (item: Item) => this.#arriveUp(item);
    const down = (item: Item) => this.#arriveDown(item);
    this.#up = new DelayQueue({ clock, latency, deliver: up, isPacketed: true });
    this.#down = new DelayQueue({ clock, latency, deliver: down, isPacketed: false });
    this.socket = this.#makeSocket();
  }

  /** Whether both ends have let go of it. */
  get isOver(): boolean {
    return (this.readyState === 3 || this.#isFrozen) && !this.#isServed;
  }

  /** Connects to the server. */
  open(accept: (link: NetworkLink) => Receiver): void {
    this.#later(() => {
      if (this.readyState !== 0) return;
      this.#isServed = true;
      this.#down.push({ kind: "open", bytes: 0 });
      this.#receiver = accept(this);
    });
  }

  /** Sets how fast the remote end reads (bytes per second); 0 stops it. */
  setRate(rate: number): void {
    this.#rate = rate;
    this.#clock.clearTimeout(this.#reading);
    this.#reading = undefined;
    this.#pump();
  }

  /** The network breaks: both ends notice, each after a while. */
  cut(): void {
    if (this.#isFrozen) return;
    this.#lose();
    this.#later(() => this.#endServed(CloseCode.abnormal, ""));
    this.#later(() => this.#endRemote(CloseCode.abnormal, ""));
  }

  /** Nothing gets through any more in either direction, and neither end notices. */
  freeze(): void {
    if (this.readyState !== 1) {
      this.cut();
      return;
    }
    this.#isFrozen = true;
    this.#lose();
  }

  /** The server's process dies. Only the remote end notices. */
  crash(): void {
    this.#receiver = undefined;
    this.#endServed(CloseCode.abnormal, "");
    this.#hangUp();
  }

  /** Part of `WebSocketLike`: the remote end sends. */
  send(text: string): void {
    if (this.readyState !== 1) return;
    this.#observer.sent(this, text);
    this.#sendUp({ kind: "message", text, bytes: text.length });
  }

  /** Part of `WebSocketLike`: the remote end closes. */
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
    this.#observer.written(this, batch, before);
  }

  #queue(item: Item): void {
    if (!this.#isServed) return;
    this.#buffer.push(item);
    this.#bufferedAmount += item.bytes;
    this.#pump();
  }

  /** Moves items from the buffer to the network, as fast as the remote end reads. */
  #pump(): void {
    if (this.#isFrozen || this.#rate === 0 || this.#reading !== undefined) return;
    for (let item = this.#buffer[0]; item !== undefined; item = this.#buffer[0]) {
      if (this.#rate !== Number.POSITIVE_INFINITY) {
        const ms = Math.ceil((item.bytes * 1_000) / this.#rate);
        this.#reading = this.#clock.setTimeout(() => {
          this.#reading = undefined;
          this.#shift();
          this.#pump();
        }, ms);
        return;
      }
      this.#shift();
    }
  }

  /** Moves one item from the buffer to the network. */
  #shift(): void {
    const item = this.#buffer.shift();
    if (item === undefined) return;
    this.#bufferedAmount -= item.bytes;
    if (!this.#isBroken) this.#down.push(item);
    if (this.#buffer.length > 0 || !this.#conditions.reportsDrains) return;
    // Also called for what never waited. A transport may do that: `drain` promises no more than an empty buffer.
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
      this.#observer.received(this, item.text);
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

  /** Drops what is on its way, and what comes after. */
  #lose(): void {
    this.#isBroken = true;
    this.#up.clear();
    this.#down.clear();
  }

  /** The server has dropped its end: the remote end notices, unless the link is frozen. */
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
