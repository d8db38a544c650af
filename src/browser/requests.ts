import type { Envelope } from "../protocol/types.js";
import { type AbortSignalLike, abortable } from "./abort.js";
import { ConnectionError, type ConnectionErrorCode, serverError } from "./errors.js";
import type { ConnectOptions } from "./options.js";
import { Alarm, type Timers } from "./timers.js";

/** How long an answer may take, and what happens when the line breaks. */
export interface RequestOptions {
  /** Milliseconds from sending to the answer. Default: the connection's. */
  readonly timeout?: number | undefined;
  /** Takes the request back. What was sent already may be handled all the same. */
  readonly signal?: AbortSignalLike | undefined;
  /**
   * Send it again if the line broke before the answer, although it may have been handled already.
   * Default false: it rejects with `CONNECTION_LOST`.
   */
  readonly retry?: boolean | undefined;
}

/** How much may wait for the line. */
export interface QueueOptions {
  /** How many requests; more reject with `QUEUE_FULL`. Default 100. */
  readonly messages?: number;
  /** For how many milliseconds; older ones reject with `EXPIRED`. Default 30000. */
  readonly maxAge?: number;
}

interface Pending {
  readonly envelope: Envelope;
  readonly timeout: number;
  readonly retry: boolean;
  readonly alarm: Alarm;
  isSent: boolean;
  settle(outcome: Envelope | ConnectionError): void;
}

/** What was asked and not answered: some of it sent, some of it waiting for the line, in order. */
export class Requests {
  readonly #clock: Timers;
  readonly #options: ConnectOptions;
  readonly #send: (envelope: Envelope) => boolean;
  readonly #pending = new Map<string, Pending>();
  /** Why there is no asking any more. */
  end: ConnectionError | undefined;
  #lastId = 0;

  /** @param send Sends an envelope if that is possible now, and says whether it was. */
  constructor(clock: Timers, options: ConnectOptions, send: (envelope: Envelope) => boolean) {
    this.#clock = clock;
    this.#options = options;
    this.#send = send;
  }

  /** Asks, now or as soon as possible, if no more than `limit` wait then; resolves with the answer. */
  ask(
    envelope: Envelope,
    { timeout = this.#options.timeout ?? 10_000, signal, retry = false }: RequestOptions,
    limit = this.#options.queue?.messages ?? 100,
  ): Promise<Envelope> {
    return abortable(signal, (resolve, reject) => {
      if (this.end) throw this.end;
      const alarm = new Alarm(this.#clock);
      const id = `${++this.#lastId}`;
      const pending: Pending = {
        envelope: { ...envelope, id },
        timeout,
        retry,
        alarm,
        isSent: false,
        settle: (outcome) => {
          this.#pending.delete(id);
          alarm.clear();
          if (outcome instanceof ConnectionError) reject(outcome);
          else resolve(outcome);
        },
      };
      // What cannot be written as JSON throws here, and is not tried again.
      const isSent = this.#trySend(pending);
      this.#pending.set(id, pending);
      if (!isSent) {
        const waiting = [...this.#pending.values()].filter(({ isSent }) => !isSent);
        if (waiting.length <= limit) this.#wait(pending);
        else pending.settle(new ConnectionError("QUEUE_FULL", `${limit} wait already.`));
      }
      return pending.settle;
    });
  }

  /** Sends what waits, in order, as far as it can be sent. */
  flush(): void {
    for (const pending of this.#pending.values()) if (!pending.isSent) this.#trySend(pending);
  }

  /** Takes an answer; says whether it was one. */
  answer(envelope: Envelope): boolean {
    const pending = this.#pending.get(envelope.id as string);
    pending?.settle(envelope.type === "error" ? serverError(envelope) : envelope);
    return pending !== undefined;
  }

  /** The line broke: what was sent is in doubt. */
  lost(code: number, reason: string): void {
    // A message that the server closed the connection for is not sent again.
    const isRefused = [1003, 1008, 1009].includes(code);
    for (const pending of this.#pending.values()) {
      if (!pending.isSent) continue;
      if (pending.retry && !isRefused) {
        pending.isSent = false;
        this.#wait(pending);
      } else {
        const text = `The line broke (${code}${reason && `: ${reason}`}).`;
        pending.settle(new ConnectionError("CONNECTION_LOST", text));
      }
    }
  }

  /** Gives up what concerns a room, or everything. */
  reject(error: ConnectionError, room?: string): void {
    for (const pending of this.#pending.values()) {
      if (room === undefined || pending.envelope.room === room) pending.settle(error);
    }
  }

  #trySend(pending: Pending): boolean {
    if (!this.#send(pending.envelope)) return false;
    const { timeout } = pending;
    pending.isSent = true;
    this.#limit(pending, timeout, "TIMEOUT", `No answer in ${timeout} ms.`);
    return true;
  }

  #wait(pending: Pending): void {
    const maxAge = this.#options.queue?.maxAge ?? 30_000;
    const text = `No line in ${maxAge} ms.`;
    this.#limit(pending, maxAge, "EXPIRED", text);
  }

  /** Gives a request so many milliseconds from now. */
  #limit({ alarm, settle }: Pending, ms: number, code: ConnectionErrorCode, text: string): void {
    alarm.set(() => settle(new ConnectionError(code, text)), ms);
  }
}
