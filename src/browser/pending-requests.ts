import { isName, NAME_RULE } from "../protocol/envelope.js";
import type { Envelope } from "../protocol/types.js";
import { type AbortSignalLike, abortable } from "./abort.js";
import { byteLength, checkNumber, invalid } from "./checks.js";
import { encode } from "./encode.js";
import { ConnectionError, type ConnectionErrorCode, serverError } from "./errors.js";
import { createAlarm, type SteadyTimers } from "./timers.js";

/**
 * How long an answer may take, and what happens if the connection is lost before it.
 *
 * @category Options
 */
export interface ConnectionRequestOptions {
  /**
   * How long (ms) the answer may take once the request is sent. Default: the connection's
   * `timeout`.
   */
  readonly timeout?: number | undefined;
  /** Aborts the request. The server may handle it all the same if it was sent already. */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * Sends the request again if the connection was lost before the answer, although the server may
   * have handled it. Default false: it rejects with `CONNECTION_LOST`.
   */
  readonly retry?: boolean | undefined;
}

/**
 * Bounds of the requests that wait for the connection.
 *
 * @category Options
 */
export interface QueueOptions {
  /** Most requests that may wait; more reject with `QUEUE_FULL`. Default 100. */
  readonly messages?: number | undefined;
  /** How long (ms) a request may wait; then it rejects with `EXPIRED`. Default 30000. */
  readonly maxAge?: number | undefined;
}

/** The defaults of all requests, from the options of `connect`. */
interface RequestDefaults {
  readonly timeout: number;
  readonly queue: { readonly messages: number; readonly maxAge: number };
}

/** What requests are sent on. */
interface Line {
  /** Sends the text of an envelope if that is possible now; returns whether it was. */
  send(envelope: Envelope, text: string): boolean;
  /** Asks whether the server is there: the requests hear that they are `lost`, or that it is `alive`. */
  ask(): void;
}

interface PendingRequest {
  readonly room: string | undefined;
  readonly retry: boolean | undefined;
  isSent?: boolean;
  /** Rejects it. Set while it has had its time, and waits for whether the connection is dead. */
  timeOut?: (() => void) | undefined;
  /** Sends it if that is possible now, and waits for the answer. */
  send(): void;
  /** Waits for the connection. */
  wait(): void;
  settle(outcome: Envelope | ConnectionError): void;
}

/** Requests without an answer yet, in order: sent, or waiting for the connection. */
export class PendingRequests {
  readonly #clock: SteadyTimers;
  readonly #options: RequestDefaults;
  readonly #line: Line;
  readonly #pending = new Map<string, PendingRequest>();
  #closed: ConnectionError | undefined;
  #lastId = 0;
  /** Most bytes of a message that the server takes. */
  maxBytes = Infinity;

  constructor(clock: SteadyTimers, options: RequestDefaults, line: Line) {
    this.#clock = clock;
    this.#options = options;
    this.#line = line;
  }

  /**
   * Sends a request, or queues it if at most `maxWaiting` wait then; resolves with its answer. What goes out is
   * what was given: a later change of the payload does not matter. Rejects at once what cannot be sent ever.
   */
  add(
    envelope: Envelope,
    { timeout = this.#options.timeout, signal, retry }: ConnectionRequestOptions,
    maxWaiting = this.#options.queue.messages,
  ): Promise<Envelope> {
    return abortable(signal, (resolve, reject) => {
      this.assertOpen();
      const { type, room } = envelope;
      if (!isName(type)) throw invalid("type", NAME_RULE, type);
      checkNumber("timeout", timeout);
      const alarm = createAlarm(this.#clock);
      const id = String(++this.#lastId);
      const text = encode({ ...envelope, id });
      const { maxAge } = this.#options.queue;
      const fail = (code: ConnectionErrorCode, text: string) =>
        request.settle(new ConnectionError(code, text));
      const timeOut = () => fail("TIMEOUT", `No answer within ${timeout} ms.`);
      const expire = () => fail("EXPIRED", `No connection within ${maxAge} ms.`);
      let expiry = 0;
      const request: PendingRequest = {
        room,
        retry,
        send: () => {
          const error = this.tooLarge(text);
          if (error) request.settle(error);
          // A throttled page may be connected before the timer runs.
          else if (this.#clock.monotonic() > expiry) expire();
          else if (this.#line.send(envelope, text)) {
            request.isSent = true;
            alarm(
              () => {
                // An answer may stand behind much data: what waits for it waits for the server's next word.
                if (retry || type === "join_room") request.timeOut = timeOut;
                else timeOut();
                this.#line.ask();
              },
              timeout,
              true,
            );
          }
        },
        wait: () => {
          request.isSent = false;
          request.timeOut = undefined;
          expiry = this.#clock.monotonic() + maxAge;
          alarm(expire, maxAge);
        },
        settle: (outcome) => {
          this.#pending.delete(id);
          alarm();
          if (outcome instanceof ConnectionError) reject(outcome);
          else resolve(outcome);
        },
      };
      this.#pending.set(id, request);
      request.wait();
      request.send();
      const waiting = [...this.#pending.values()].filter(({ isSent }) => !isSent);
      if (!request.isSent && waiting.length > maxWaiting) {
        fail("QUEUE_FULL", `${maxWaiting} requests wait.`);
      }
      return request.settle;
    });
  }

  /** Sends the waiting requests that can be sent now, in order. */
  flush(): void {
    for (const request of this.#pending.values()) if (!request.isSent) request.send();
  }

  /** Settles the request that a message answers; returns whether there was one. */
  settle(answer: Envelope): boolean {
    const request = this.#pending.get(answer.id as string);
    request?.settle(answer.type === "error" ? serverError(answer) : answer);
    return !!request;
  }

  /** Throws once the connection is closed for good. */
  assertOpen(): void {
    if (this.#closed) throw this.#closed;
  }

  /** The error of a message that the server would close the connection for. */
  tooLarge(text: string): ConnectionError | undefined {
    const { maxBytes } = this;
    const bytes = byteLength(text);
    if (!(bytes > maxBytes)) return undefined;
    return new ConnectionError("TOO_LARGE", `${bytes} bytes; the server takes ${maxBytes}.`);
  }

  /** The server has answered our question: what it had to say before it has arrived. */
  alive(): void {
    for (const request of this.#pending.values()) request.timeOut?.();
  }

  /**
   * The connection was lost: nobody knows whether the server handled the requests that were sent.
   */
  lost(code: number, reason: string): void {
    const error = new ConnectionError(
      "CONNECTION_LOST",
      `The connection was lost: ${code} ${reason}`,
    );
    // A message that the server closed the connection for is not sent again.
    const isRefused = code === 1003 || code === 1008 || code === 1009;
    for (const request of this.#pending.values()) {
      if (!request.isSent) continue;
      if (request.retry && !isRefused) request.wait();
      else request.settle(error);
    }
  }

  /** Rejects the requests of a room, or all. */
  reject(error: ConnectionError, room?: string): void {
    for (const request of this.#pending.values()) {
      if (!room || request.room === room) request.settle(error);
    }
  }

  /** Rejects all requests, also those to come. */
  close(error: ConnectionError): void {
    this.#closed = error;
    this.reject(error);
  }
}
