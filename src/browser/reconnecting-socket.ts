import { isName, NAME_RULE } from "../protocol/envelope.js";
import type { Envelope } from "../protocol/types.js";
import { type BackoffBounds, backoff } from "./backoff.js";
import { byteLength, checkNumber, invalid } from "./checks.js";
import { encode } from "./encode.js";
import { ConnectionError } from "./errors.js";
import type { ConnectionStatus } from "./status.js";
import { type Alarm, createAlarm, type SteadyTimers } from "./timers.js";
import { socketUrl } from "./url.js";
import type { WebSocketClass, WebSocketLike } from "./web-socket.js";

/** What the socket takes of the options of `connect`, which document it. */
interface SocketOptions {
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  readonly protocols?: readonly string[] | undefined;
  readonly backoff: BackoffBounds;
  readonly heartbeat: { readonly interval: number; readonly timeout: number };
  readonly WebSocket?: WebSocketClass | undefined;
  readonly random?: (() => number) | undefined;
}

/** What the socket reports. */
interface SocketListener {
  status(status: ConnectionStatus): void;
  message(envelope: Envelope, length: number): void;
  /** There is no WebSocket any more. Whether the server handled what has no answer yet is unknown. */
  lost(code: number, reason: string): void;
  error(error: ConnectionError): void;
}

/**
 * Connects, notices when the connection is dead, and reconnects, until it is closed for good. At any time there
 * is at most one WebSocket, or one timer for the next attempt. Events in rows, states in columns:
 *
 *              connecting            open                         waiting        closed
 *   opened     → open
 *   message                          restart the silence timer
 *   failed     → waiting | closed¹
 *   closed     → waiting | closed¹   → waiting | closed¹
 *   timer    → waiting               ping; no answer: → waiting   → connecting
 *   woken    → connecting²           ping, if none is pending     → connecting
 *   reconnect() → connecting          → connecting                 → connecting
 *   close()    → closed              → closed                     → closed
 *
 * ¹ closed, if the close code says so, or `token` or the server refused us; otherwise waiting.
 * ² by a new attempt, if this one has lasted for long, or `retry()` was called.
 *
 * The four states are entered by `reconnect`, `#opened`, `#lost` and `#end`, and by nothing else.
 */
export class ReconnectingSocket {
  readonly #clock: SteadyTimers;
  readonly #url: string;
  readonly #options: SocketOptions;
  readonly #WebSocket: WebSocketClass;
  readonly #listener: SocketListener;
  /** Runs out in `connecting` (the attempt), `open` (silence) and `waiting` (next attempt). */
  readonly #alarm: Alarm;
  #socket: WebSocketLike | undefined;
  #failures = 0;
  /** When the attempt began, or when it succeeded; -1 before the first one. */
  #since = -1;
  #isPinged = false;
  /** What it is doing now. */
  status: ConnectionStatus = { state: "connecting" };
  /** Wait (ms) that the server chose for the next attempt; used once. */
  #delay: number | undefined;

  constructor(clock: SteadyTimers, url: string, options: SocketOptions, listener: SocketListener) {
    const { WebSocket = (globalThis as { WebSocket?: WebSocketClass }).WebSocket } = options;
    if (!WebSocket) throw new TypeError("No WebSocket: pass one.");
    this.#clock = clock;
    this.#url = socketUrl(url);
    this.#options = options;
    this.#WebSocket = WebSocket;
    this.#listener = listener;
    this.#alarm = createAlarm(clock);
    // Later, so that the caller can listen first.
    queueMicrotask(() => {
      if (this.#since < 0 && this.status.state !== "closed") this.reconnect();
    });
  }

  /** Sends a message if the connection is open; returns whether it was. */
  send(envelope: Envelope, text: string = encode(envelope)): boolean {
    const isOpen = this.#socket?.readyState === 1;
    if (isOpen) this.#socket?.send(text);
    return isOpen;
  }

  /**
   * The network or the page woke up: reconnects now if it waits, pings now if it is open. An attempt that has
   * lasted `patience` (ms) is given up for a new one.
   */
  wake(patience = 0): void {
    const { state } = this.status;
    if (state === "open") {
      this.#ping();
    } else if (
      state === "waiting" ||
      (state === "connecting" && this.#clock.monotonic() - this.#since >= patience)
    ) {
      this.reconnect();
    }
  }

  /** Closes for good. Throws for what a close frame cannot carry, as WebSockets do, but first. */
  close(code: number, reason: string): void {
    if (code !== 1000) checkNumber("code", code, 3_000, 4_999);
    checkNumber("reason bytes", byteLength(reason), 0, 123);
    if (this.status.state !== "closed") this.#end(code, reason);
  }

  /** → connecting: gives up the connection, or the attempt, for a new attempt. */
  async reconnect(): Promise<void> {
    const { reason: before } = this.status as { reason?: string };
    /** How long (ms) the attempt may take, its token included. */
    const timeout = 20_000;
    const attempt: ConnectionStatus = { state: "connecting" };
    this.#listener.lost(4_001, "reconnect()");
    this.#drop();
    this.#since = this.#clock.monotonic();
    this.#alarm(
      () => this.#lost(0, `No ${this.#socket ? "connection" : "token"} within ${timeout} ms.`),
      timeout,
      true,
    );
    this.#enter(attempt);
    try {
      const value = await this.#options.token?.();
      // Closed, or given up, while the token was fetched.
      if (this.status !== attempt) return;
      let url = this.#url;
      if (value !== undefined) {
        if (typeof value !== "string")
          throw invalid("What token() returns", "a string or undefined", value);
        url += `${url.includes("?") ? "&" : "?"}token=${encodeURIComponent(value)}`;
      }
      // Two arguments alone: React Native warns of a third one that it does not know.
      const socket = new this.#WebSocket(url, this.#options.protocols as string[]);
      this.#socket = socket;
      socket.onopen = () => {
        this.#since = this.#clock.monotonic();
        this.#heard();
        this.#enter({ state: "open" });
      };
      socket.onmessage = ({ data }: { data: string }) => this.#received(data);
      // An attempt ends with its error: not every runtime reports the close that follows (WHATWG
      // WebSockets, 4). Browsers hide why an upgrade failed; `ws` has the HTTP status at the end of the
      // text. A refusal is final, but of a first token: the next one may be fresh.
      socket.onerror = ({ message = "" }: { message?: string }) => {
        if (this.status !== attempt) return;
        const reason = message.replace(/^.* (?=\d{3}$)/, "HTTP ");
        const isFirst = this.#options.token && before !== reason;
        this.#lost(0, reason, reason === "HTTP 403" || (reason === "HTTP 401" && !isFirst));
      };
      socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
        this.#lost(code, reason);
    } catch (cause) {
      if (this.status !== attempt) return;
      const text = String(cause);
      this.#lost(0, text, (cause as { code?: unknown } | null)?.code === "FORBIDDEN");
      this.#listener.error(new ConnectionError("ATTEMPT_FAILED", text, { cause }));
    }
  }

  #received(data: string): void {
    this.#heard();
    try {
      const envelope = JSON.parse(data) as Envelope;
      const { type, id, payload } = envelope;
      if (!isName(type)) throw invalid("type", NAME_RULE, type);
      if (type === "reconnect") this.#delay = (payload as { delay: number }).delay;
      if (type === "ping") this.send({ type: "pong", id });
      else this.#listener.message(envelope, data.length);
    } catch (cause) {
      const text = `Not a message: ${data}`;
      this.#listener.error(new ConnectionError("INVALID_MESSAGE", text, { cause }));
    }
  }

  /** Failed, closed, or silent for too long: → closed if that is final, else → waiting. */
  #lost(code: number, reason: string, isFinal = code === 1000 || code >= 4_500): void {
    /** After a connection that lasted this long (ms), the backoff starts over. */
    const STABLE_AFTER = 5_000;
    if (this.status.state === "open" && this.#clock.monotonic() - this.#since >= STABLE_AFTER)
      this.#failures = 0;
    this.#drop();
    this.#listener.lost(code, reason);
    // 4500 to 4999 mean "do not come back"; 1000 is a server that is done with us.
    if (isFinal) this.#end(code, reason);
    else {
      const delay =
        this.#delay ?? backoff(this.#failures++, this.#options.backoff, this.#options.random);
      this.#delay = undefined;
      this.#alarm(() => this.reconnect(), delay);
      this.#enter({ state: "waiting", delay, code, reason });
    }
  }

  /** → closed. */
  #end(code: number, reason: string): void {
    this.#drop(code, reason);
    this.#enter({ state: "closed", code, reason });
  }

  #enter(status: ConnectionStatus): void {
    this.status = status;
    this.#listener.status(status);
  }

  /**
   * Gives up the timer, and the WebSocket, if it is not closed already. 4001 tells the server that we come
   * back; without a code we would have left.
   */
  #drop(code = 4_001, reason?: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#alarm();
    if (!socket) return;
    // It may still report; it is not listened to any more.
    socket.onopen = socket.onmessage = socket.onerror = socket.onclose = () => {};
    socket.close(code, reason);
  }

  /** Restarts the silence timer. */
  #heard(): void {
    this.#isPinged = false;
    this.#alarm(() => this.#ping(), this.#options.heartbeat.interval);
  }

  #ping(): void {
    if (this.#isPinged) return;
    this.#isPinged = true;
    this.send({ type: "ping" });
    this.#alarm(
      () => this.#lost(1006, "The server is silent."),
      this.#options.heartbeat.timeout,
      true,
    );
  }
}
