import type { Envelope } from "../protocol/types.js";
import { backoff } from "./backoff.js";
import { ConnectionError } from "./errors.js";
import type { ConnectOptions } from "./options.js";
import { Alarm, type Timers } from "./timers.js";

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

/** Who is told what happens on a line. */
export interface LineEvents {
  status(status: Status): void;
  message(envelope: Envelope): void;
  /** The socket is gone: what was sent and not answered is in doubt. */
  lost(code: number, reason: string): void;
  error(error: ConnectionError): void;
}

type WebSocketClass = NonNullable<ConnectOptions["WebSocket"]>;

const OPEN = 1;

/** A line that was open for so long is a success; the backoff starts over after it. */
const STABLE_AFTER = 5_000;

/**
 * One WebSocket after the other: connects, notices when the line is dead, and connects again, until it
 * is closed for good. At any time there is at most one socket, or one timer for the next.
 */
export class Line {
  readonly #clock: Timers;
  readonly #url: string;
  readonly #options: ConnectOptions;
  readonly #WebSocket: WebSocketClass;
  readonly #events: LineEvents;
  /** What it is doing now. */
  status: Status = { state: "connecting" };
  /** Milliseconds before the next attempt, where the server chose; for once. */
  delay: number | undefined;
  #socket: WebSocketLike | undefined;
  readonly #alarm: Alarm;
  #failures = 0;
  #openedAt = 0;
  #isPinged = false;

  constructor(clock: Timers, url: string, options: ConnectOptions, events: LineEvents) {
    const { WebSocket = (globalThis as { WebSocket?: WebSocketClass }).WebSocket } = options;
    if (!WebSocket) throw new TypeError("Pass a WebSocket.");
    this.#clock = clock;
    this.#url = url;
    this.#options = options;
    this.#WebSocket = WebSocket;
    this.#events = events;
    this.#alarm = new Alarm(clock);
  }

  /** Sends a message if the line is open; says whether it was. */
  send(envelope: Envelope): boolean {
    const socket = this.#socket;
    if (socket?.readyState !== OPEN) return false;
    socket.send(JSON.stringify(envelope));
    return true;
  }

  /** Something changed out there: connects at once if it waits, asks at once if it seems open. */
  wake(): void {
    if (this.status.state === "waiting") this.connect();
    else if (this.status.state === "open" && !this.#isPinged) this.#ping();
  }

  /** Closes for good. */
  close(code: number, reason: string): void {
    if (this.status.state === "closed") return;
    const socket = this.#socket;
    this.#end(code, reason);
    socket?.close(code, reason);
  }

  /** Connects, unless it does already. */
  async connect(): Promise<void> {
    const { token, protocols = [] } = this.#options;
    const status: Status = { state: "connecting" };
    this.#alarm.clear();
    this.#set(status);
    let socket: WebSocketLike;
    try {
      const value = await token?.();
      // It may have been closed, or woken to another attempt, while the token was fetched.
      if (this.status !== status) return;
      const separator = this.#url.includes("?") ? "&" : "?";
      const query = value === undefined ? "" : `${separator}token=${encodeURIComponent(value)}`;
      // `ws` may tell of several messages before what waits for the first one runs; not so, asked like this.
      socket = new this.#WebSocket(this.#url + query, protocols as string[], {
        allowSynchronousEvents: false,
      });
    } catch (cause) {
      if (this.status !== status) return;
      const error = new ConnectionError("ATTEMPT_FAILED", String(cause), { cause });
      this.#events.error(error);
      if ((cause as { code?: unknown } | null)?.code === "FORBIDDEN") this.#end(0, String(cause));
      else this.#wait();
      return;
    }
    this.#socket = socket;
    // Whatever a socket still says once it was dropped is not heard.
    const heed = <E>(listener: (event: E) => void) => {
      return (event: E) => {
        if (this.#socket === socket) listener(event);
      };
    };
    socket.onopen = heed(() => {
      this.#openedAt = this.#clock.now();
      this.#seen();
      this.#set({ state: "open" });
    });
    socket.onmessage = heed(({ data }: { data: unknown }) => this.#read(data));
    // An attempt ends with its error: not every runtime tells of the close that follows (WHATWG WebSockets, 4).
    // Browsers hide why an upgrade failed; `ws` tells the status, and a refusal is final.
    socket.onerror = heed(({ message = "" }: { message?: string }) => {
      const refusal = /: (40[13])$/.exec(message);
      if (refusal) this.#end(0, `HTTP ${refusal[1]}`);
      else if (this.status === status) this.#lose(1006, "");
    });
    socket.onclose = heed(({ code, reason }: { code: number; reason: string }) => {
      this.#lose(code, reason);
    });
  }

  #read(data: unknown): void {
    this.#seen();
    let cause: unknown;
    try {
      const envelope = JSON.parse(data as string) as Envelope;
      const { type, id } = envelope;
      if (type === "ping") this.send({ type: "pong", id });
      else if (type) this.#events.message(envelope);
      if (type) return;
    } catch (error) {
      cause = error;
    }
    const text = `No message: ${data}`;
    this.#events.error(new ConnectionError("INVALID_MESSAGE", text, { cause }));
  }

  #lose(code: number, reason: string): void {
    if (this.status.state === "open" && this.#clock.now() - this.#openedAt >= STABLE_AFTER) {
      this.#failures = 0;
    }
    this.#drop();
    this.#events.lost(code, reason);
    if (this.status.state === "closed") return;
    // The codes that say "do not come back"; 1000 is a server that is done with us.
    if (code === 1000 || code >= 4_500) this.#end(code, reason);
    else this.#wait();
  }

  #wait(): void {
    const delay = this.delay ?? backoff(this.#failures++, this.#options);
    this.delay = undefined;
    this.#alarm.set(() => this.connect(), delay);
    this.#set({ state: "waiting", delay });
  }

  #end(code: number, reason: string): void {
    this.#drop();
    this.#set({ state: "closed", code, reason });
  }

  /** Lets go of the socket. */
  #drop(): void {
    this.#socket = undefined;
    this.#alarm.clear();
  }

  #seen(): void {
    this.#isPinged = false;
    this.#alarm.set(() => this.#ping(), this.#options.liveness?.interval ?? 25_000);
  }

  #ping(): void {
    this.#isPinged = true;
    this.send({ type: "ping" });
    this.#alarm.set(() => {
      const socket = this.#socket;
      this.#lose(1006, "The server is silent.");
      // With a code: this is no goodbye.
      socket?.close(4_001);
    }, this.#options.liveness?.timeout ?? 10_000);
  }

  #set(status: Status): void {
    this.status = status;
    this.#events.status(status);
  }
}
