import type { Envelope, ErrorPayload } from "../protocol/types.js";
import { abortedError, ConnectionError } from "./errors.js";
import type { Timers } from "./timers.js";

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

/** What is used of an `AbortSignal` (DOM, 3.2). */
export interface AbortSignalLike {
  /** Whether it has been given. */
  readonly aborted: boolean;
  /** Listens for it. */
  addEventListener(type: "abort", listener: () => void): void;
  /** Takes a listener back. */
  removeEventListener(type: "abort", listener: () => void): void;
}

/** How much may wait for the line. */
export interface QueueOptions {
  /** How many requests; more reject with `QUEUE_FULL`. Default 100. */
  readonly messages?: number;
  /** For how many milliseconds; older ones reject with `EXPIRED`. Default 30000. */
  readonly maxAge?: number;
}

/** What the requests of a connection are made of. */
export interface RequestsOptions {
  readonly clock: Timers;
  readonly timeout: number;
  readonly queue: QueueOptions;
  /** Sends an envelope if that is possible now, and says whether it was. */
  readonly send: (envelope: Envelope) => boolean;
}

interface Pending {
  readonly envelope: Envelope;
  readonly timeout: number;
  readonly retry: boolean;
  readonly isUrgent: boolean;
  isSent: boolean;
  timer: unknown;
  settle(outcome: Envelope | ConnectionError): void;
}

/** What was asked and not answered: some of it sent, some of it waiting for the line, in order. */
export class Requests {
  readonly #options: RequestsOptions;
  readonly #pending = new Map<string, Pending>();
  #lastId = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /**
   * Asks, now or as soon as possible; resolves with the answer. An urgent request waits for the line as
   * long as it takes, and beside the queue.
   */
  ask(
    envelope: Envelope,
    { timeout = this.#options.timeout, signal, retry = false }: RequestOptions,
    isUrgent = false,
  ): Promise<Envelope> {
    return new Promise((resolve, reject) => {
      const { messages = 100 } = this.#options.queue;
      if (signal?.aborted) return reject(abortedError());
      const id = `${++this.#lastId}`;
      const abort = () => pending.settle(abortedError());
      const pending: Pending = {
        envelope: { ...envelope, id },
        timeout,
        retry,
        isUrgent,
        isSent: false,
        timer: undefined,
        settle: (outcome) => {
          this.#pending.delete(id);
          this.#options.clock.clearTimeout(pending.timer);
          signal?.removeEventListener("abort", abort);
          if (outcome instanceof ConnectionError) reject(outcome);
          else resolve(outcome);
        },
      };
      this.#pending.set(id, pending);
      signal?.addEventListener("abort", abort);
      if (this.#trySend(pending)) return;
      if (isUrgent || this.#countWaiting() <= messages) this.#wait(pending);
      else pending.settle(new ConnectionError("QUEUE_FULL", `${messages} messages wait already.`));
    });
  }

  /** Sends what waits, in order, as far as it can be sent. */
  flush(): void {
    for (const pending of [...this.#pending.values()]) if (!pending.isSent) this.#trySend(pending);
  }

  /** Takes an answer; says whether it was one. */
  answer(envelope: Envelope): boolean {
    const pending = envelope.id === undefined ? undefined : this.#pending.get(envelope.id);
    if (pending === undefined) return false;
    if (envelope.type === "error") {
      const { code, message } = envelope.payload as ErrorPayload;
      pending.settle(new ConnectionError(code, message));
    } else {
      pending.settle(envelope);
    }
    return true;
  }

  /** The line broke: what was sent is in doubt. */
  lost(code: number, reason: string): void {
    // A message that the server closed the connection for is not sent again.
    const isRefused = code === 1003 || code === 1008 || code === 1009;
    for (const pending of [...this.#pending.values()]) {
      if (!pending.isSent) continue;
      if (pending.isUrgent || (pending.retry && !isRefused)) {
        pending.isSent = false;
        this.#wait(pending);
      } else {
        const text = `The line broke before the answer (${code}${reason && `: ${reason}`}).`;
        pending.settle(new ConnectionError("CONNECTION_LOST", text));
      }
    }
  }

  /** Gives up what concerns a room, or everything. */
  reject(error: ConnectionError, room?: string): void {
    for (const pending of [...this.#pending.values()]) {
      if (room === undefined || pending.envelope.room === room) pending.settle(error);
    }
  }

  #trySend(pending: Pending): boolean {
    if (!this.#options.send(pending.envelope)) return false;
    const { clock } = this.#options;
    pending.isSent = true;
    clock.clearTimeout(pending.timer);
    pending.timer = clock.setTimeout(() => {
      const text = `There was no answer in ${pending.timeout} ms.`;
      pending.settle(new ConnectionError("TIMEOUT", text));
    }, pending.timeout);
    return true;
  }

  #wait(pending: Pending): void {
    const { clock, queue } = this.#options;
    const { maxAge = 30_000 } = queue;
    clock.clearTimeout(pending.timer);
    if (pending.isUrgent) return;
    pending.timer = clock.setTimeout(() => {
      const text = `It waited ${maxAge} ms for the line, and was not sent.`;
      pending.settle(new ConnectionError("EXPIRED", text));
    }, maxAge);
  }

  #countWaiting(): number {
    let count = 0;
    for (const { isSent, isUrgent } of this.#pending.values()) if (!isSent && !isUrgent) count++;
    return count;
  }
}
