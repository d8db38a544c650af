import type { Envelope } from "../protocol/types.js";
import { type BackoffOptions, backoff } from "./backoff.js";
import { ConnectionError } from "./errors.js";
import type { Timers } from "./timers.js";

/** What a connection is doing. */
export type Status =
  | {
      /** It tries to, or can send. */
      readonly state: "connecting" | "open";
    }
  | {
      /** The next attempt is still to come. */
      readonly state: "waiting";
      /** Milliseconds until then. */
      readonly delay: number;
    }
  | {
      /** For good. */
      readonly state: "closed";
      /** The close code; 0 where there was none. */
      readonly code: number;
      /** Empty for none. */
      readonly reason: string;
    };

/** What is used of a WebSocket (WHATWG WebSockets, 3.1): any runtime's own fits, and that of `ws`. */
export interface WebSocketLike {
  /** 1 while it is open. */
  readonly readyState: number;
  /** Runs when it is open. */
  onopen: ((event: never) => void) | null;
  /** Runs for each message. */
  onmessage: ((event: never) => void) | null;
  /** Runs when it failed. */
  onerror: ((event: never) => void) | null;
  /** Runs when it is gone. */
  onclose: ((event: never) => void) | null;
  /** Sends one message. */
  send(data: string): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
}

/** When a silent line is asked, and when it is given up. */
export interface LivenessOptions {
  /** Milliseconds of silence after which the server is pinged. Default 25000. */
  readonly interval?: number;
  /** Milliseconds that its answer may take. Default 10000. */
  readonly timeout?: number;
}

/** What a line is made of. */
export interface LineOptions {
  readonly url: string;
  readonly token: (() => string | undefined | Promise<string | undefined>) | undefined;
  readonly protocols: readonly string[];
  readonly WebSocket: new (url: string, protocols: string[]) => WebSocketLike;
  readonly backoff: BackoffOptions;
  readonly liveness: LivenessOptions;
  readonly clock: Timers;
  readonly random: () => number;
}

/** Who is told what happens on a line. */
export interface LineEvents {
  status(status: Status): void;
  /** Messages can be sent from now on. */
  open(): void;
  message(envelope: Envelope): void;
  /** The socket is gone: what was sent and not answered is in doubt. */
  lost(code: number, reason: string): void;
  error(error: ConnectionError): void;
}

const OPEN = 1;

/** A line that was open for so long is a success; the backoff starts over after it. */
const STABLE_AFTER = 5_000;

/**
 * One WebSocket after the other: connects, notices when the line is dead, and connects again, until it
 * is closed for good. At any time there is at most one socket, or one timer for the next.
 */
export class Line {
  readonly #options: LineOptions;
  readonly #events: LineEvents;
  #status: Status = { state: "connecting" };
  #socket: WebSocketLike | undefined;
  #timer: unknown;
  #failures = 0;
  #openedAt = 0;
  #lastSeen = 0;
  #isPinged = false;

  constructor(options: LineOptions, events: LineEvents) {
    this.#options = options;
    this.#events = events;
  }

  get status(): Status {
    return this.#status;
  }

  /** Connects, unless it does already. */
  connect(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#set({ state: "connecting" });
    void this.#dial();
  }

  /** Sends a message if the line is open; says whether it was. */
  send(envelope: Envelope): boolean {
    const socket = this.#socket;
    if (this.#status.state !== "open" || socket?.readyState !== OPEN) return false;
    socket.send(JSON.stringify(envelope));
    return true;
  }

  /** Something changed out there: connects at once if it waits, asks at once if it seems open. */
  wake(): void {
    if (this.#status.state === "waiting") this.connect();
    else if (this.#status.state === "open" && !this.#isPinged) this.#ping();
  }

  /** Closes for good. */
  close(code: number, reason: string): void {
    if (this.#status.state === "closed") return;
    const socket = this.#drop();
    socket?.close(code, reason);
    this.#end(code, reason);
  }

  async #dial(): Promise<void> {
    const { url, token, protocols, WebSocket } = this.#options;
    const status = this.#status;
    let socket: WebSocketLike;
    try {
      const value = await token?.();
      // It may have been closed, or woken to another attempt, while the token was fetched.
      if (this.#status !== status) return;
      socket = new WebSocket(withToken(url, value), [...protocols]);
    } catch (cause) {
      if (this.#status !== status) return;
      const error = new ConnectionError("ATTEMPT_FAILED", "Could not try to connect.", { cause });
      this.#events.error(error);
      if ((cause as { code?: unknown } | null)?.code === "FORBIDDEN") this.#end(0, String(cause));
      else this.#wait();
      return;
    }
    this.#socket = socket;
    socket.onopen = () => {
      this.#openedAt = this.#options.clock.now();
      this.#seen();
      this.#set({ state: "open" });
      this.#events.open();
    };
    socket.onmessage = ({ data }: { data: unknown }) => this.#read(data);
    socket.onerror = (event: { message?: string }) => this.#failed(event);
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => {
      this.#lose(code, reason);
    };
  }

  #read(data: unknown): void {
    this.#seen();
    let envelope: Envelope | undefined;
    try {
      envelope = JSON.parse(data as string) as Envelope;
    } catch (cause) {
      this.#events.error(new ConnectionError("INVALID_MESSAGE", "It is not JSON.", { cause }));
      return;
    }
    if (typeof envelope?.type !== "string") {
      this.#events.error(new ConnectionError("INVALID_MESSAGE", `It has no type: ${data}`));
    } else if (envelope.type === "ping") {
      this.send({ type: "pong", id: envelope.id });
    } else {
      this.#events.message(envelope);
    }
  }

  /** Browsers hide why an upgrade failed; `ws` tells the status, and a refusal is final. */
  #failed({ message = "" }: { message?: string }): void {
    const status = /response: (401|403)$/.exec(message)?.[1];
    if (status === undefined) return;
    this.#drop();
    this.#end(0, `The server refused the connection with HTTP ${status}.`);
  }

  #lose(code: number, reason: string): void {
    const { clock } = this.#options;
    if (this.#status.state === "open" && clock.now() - this.#openedAt >= STABLE_AFTER) {
      this.#failures = 0;
    }
    this.#drop();
    this.#events.lost(code, reason);
    if (this.#status.state === "closed") return;
    // The codes that say "do not come back"; 1000 is a server that is done with us.
    if (code === 1000 || (code >= 4_500 && code < 5_000)) this.#end(code, reason);
    else this.#wait();
  }

  #wait(): void {
    const { clock, random } = this.#options;
    const delay = backoff(this.#failures++, random, this.#options.backoff);
    this.#timer = clock.setTimeout(() => this.connect(), delay);
    this.#set({ state: "waiting", delay });
  }

  #end(code: number, reason: string): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#set({ state: "closed", code, reason });
  }

  /** Lets go of the socket: whatever it still says is not heard. */
  #drop(): WebSocketLike | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#options.clock.clearTimeout(this.#timer);
    if (socket === undefined) return undefined;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // `ws` reports a connection that is given up before it opens, and nobody else would take it.
    socket.onerror = () => {};
    return socket;
  }

  #seen(): void {
    this.#lastSeen = this.#options.clock.now();
    if (!this.#isPinged && this.#status.state === "open") return;
    this.#isPinged = false;
    this.#watch(this.#options.liveness.interval ?? 25_000);
  }

  #watch(delay: number): void {
    const { clock, liveness } = this.#options;
    const { interval = 25_000 } = liveness;
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => {
      const silence = clock.now() - this.#lastSeen;
      if (silence < interval) this.#watch(interval - silence);
      else this.#ping();
    }, delay);
  }

  #ping(): void {
    const { clock, liveness } = this.#options;
    this.#isPinged = true;
    this.send({ type: "ping" });
    clock.clearTimeout(this.#timer);
    this.#timer = clock.setTimeout(() => {
      const socket = this.#socket;
      this.#lose(1006, "The server does not answer.");
      socket?.close();
    }, liveness.timeout ?? 10_000);
  }

  #set(status: Status): void {
    this.#status = status;
    this.#events.status(status);
  }
}

function withToken(url: string, token: string | undefined): string {
  if (token === undefined) return url;
  return `${url}${url.includes("?") ? "&" : "?"}token=${encodeURIComponent(token)}`;
}
