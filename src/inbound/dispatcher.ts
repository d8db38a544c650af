import type { AnyClient, Client } from "../client.js";
import type { Context } from "../context.js";
import { CloseCode } from "../protocol/close-codes.js";
import { isForClient, RoomcastError } from "../protocol/errors.js";
import { traitsOf } from "../protocol/messages.js";
import type { Envelope, User } from "../protocol/types.js";
import { isPromiseLike, knownValue } from "../util/promises.js";
import { TIMED_OUT, withTimeout } from "../util/timeout.js";
import { Backlog } from "./backlog.js";
import { Incoming } from "./incoming.js";
import { PendingHandlers } from "./pending-handlers.js";

/**
 * Handles one type of message. What it returns, or its promise resolves to, is the payload of the
 * `ack` that the client gets; what it throws or rejects with is the client's `error`.
 *
 * @category Main
 */
export type Handler<U extends User = User, D = Record<string, unknown>> = (
  client: Client<U, D>,
  message: Incoming<U, D>,
) => unknown;

/** A handler of any application. */
// biome-ignore lint/suspicious/noExplicitAny: the dispatcher never looks at an application's own types.
type AnyHandler = Handler<any, any>;

/** Returned by a handler that has answered by itself. */
export const ANSWERED: unique symbol = Symbol("answered");

/** Most messages a client may queue behind a pending join or send. */
const MAX_WAITING = 100;

/** The options of a hub that concern handlers. */
interface DispatcherSettings {
  readonly handlerTimeout: number | false;
  readonly maxPendingHandlers: number | false;
  readonly maxMessageBytes: number;
}

/** Finds the handler of a message, runs it, and answers. Messages of one client take effect in order. */
export class Dispatcher {
  readonly #context: Context;
  readonly #handlerTimeout: number | false;
  readonly #handlers = new Map<string, AnyHandler>();
  /** Types whose handler is the built-in one. */
  readonly #builtIn = new Set<string>();
  readonly #pending: PendingHandlers;
  readonly #maxPending: number | false;
  readonly #maxMessageBytes: number;
  /** What waits, of clients that a promise holds up, or that do not read their answers. */
  readonly #waiting = new Map<AnyClient, Backlog>();
  #running = 0;
  #onIdle: (() => void) | undefined;

  constructor(context: Context, settings: DispatcherSettings) {
    const { handlerTimeout, maxPendingHandlers, maxMessageBytes } = settings;
    this.#context = context;
    this.#handlerTimeout = handlerTimeout;
    this.#maxMessageBytes = maxMessageBytes;
    this.#maxPending = maxPendingHandlers;
    this.#pending = new PendingHandlers(context.clock, maxPendingHandlers);
  }

  /** Registers an application's handler, in place of the one before. */
  handle(type: string, handler: AnyHandler): void {
    this.#handlers.set(type, handler);
    this.#builtIn.delete(type);
  }

  /**
   * Registers a built-in handler, in the order that the protocol gives its type. The promise of one that
   * holds MUST settle in time by itself.
   */
  handleBuiltIn(type: string, handler: AnyHandler): void {
    this.#handlers.set(type, handler);
    this.#builtIn.add(type);
  }

  /** Runs `callback` once no handler's promise is pending any more; at once, if none is. */
  whenIdle(callback: () => void): void {
    this.#onIdle = callback;
    // Nobody is waited for any more who does not read.
    for (const client of this.#waiting.keys()) this.goOn(client);
    if (this.#running === 0) callback();
  }

  /**
   * Handles an envelope, or refuses it: now, or after those before it, and once its answer has room among what
   * waits for the client. `size` is the length of its text. Never throws: every failure is answered.
   */
  dispatch(client: AnyClient, envelope: Envelope, size: number, refusal?: RoomcastError): void {
    this.goOn(client);
    const backlog = this.#waiting.size === 0 ? undefined : this.#waiting.get(client);
    const { isClosing } = this.#context;
    const { order } = traitsOf(envelope.type);
    if (this.#hasRoom(client, envelope, refusal)) {
      const isFree = backlog === undefined && !isClosing;
      if (isFree || order === "prompt" || refusal !== undefined) {
        this.#begin(client, envelope, refusal);
        return;
      }
      if (backlog?.isHeld && backlog.length >= MAX_WAITING) {
        const text = `At most ${MAX_WAITING} messages may wait for you to join or send.`;
        refuse(client, new RoomcastError("RATE_LIMITED", text), envelope.id);
        return;
      }
    }
    // A hub that closes finishes what it has begun, and begins nothing.
    if (isClosing) return;
    if (this.#backlogOf(client).push({ envelope, size, refusal })) return;
    client.close(CloseCode.tooSlow, "You sent more than you read the answers to; reconnect.");
  }

  /** Goes on with what waits of a client, as far as its answers have room. */
  goOn(client: AnyClient): void {
    const backlog = this.#waiting.size === 0 ? undefined : this.#waiting.get(client);
    if (backlog === undefined || backlog.isHeld) return;
    for (let next = backlog.first; next !== undefined; next = backlog.first) {
      if (!client.isOpen || !this.#hasRoom(client, next.envelope, next.refusal)) break;
      backlog.shift();
      if (next.answer !== undefined) next.answer();
      else this.#begin(client, next.envelope, next.refusal);
      if (backlog.isHeld) return;
    }
    const isOver = !client.isOpen || this.#context.isClosing;
    if (backlog.length > 0 && !isOver) return;
    if (this.#waiting.get(client) === backlog) this.#waiting.delete(client);
    backlog.end();
  }

  /** Whether the answer to a message has room among what waits for its client. */
  #hasRoom({ outbox }: AnyClient, { type }: Envelope, refusal: RoomcastError | undefined): boolean {
    return (refusal === undefined && !traitsOf(type).isAnswered) || outbox.hasRoom();
  }

  /** Handles a message, and holds up what the client sends next if it must wait. */
  #begin(client: AnyClient, envelope: Envelope, refusal: RoomcastError | undefined): void {
    if (refusal !== undefined) {
      refuse(client, refusal, envelope.id);
      return;
    }
    const pending = this.#run(client, envelope);
    if (pending !== undefined) void this.#hold(client, envelope, pending);
  }

  #backlogOf(client: AnyClient): Backlog {
    let backlog = this.#waiting.get(client);
    if (backlog === undefined) {
      backlog = new Backlog(this.#maxMessageBytes);
      this.#waiting.set(client, backlog);
    }
    return backlog;
  }

  /** Runs the handler. Returns its promise if what the client sends next must wait for it. */
  #run(client: AnyClient, envelope: Envelope): PromiseLike<unknown> | undefined {
    const { type, id } = envelope;
    const handler = this.#handlers.get(type);
    if (handler === undefined) {
      refuse(client, new RoomcastError("UNKNOWN_TYPE", `There is no type "${type}".`), id);
      return undefined;
    }
    if (this.#pending.isFull(client) && !this.#builtIn.has(type)) {
      const text = `At most ${this.#maxPending} of your messages may be in work at once.`;
      refuse(client, new RoomcastError("RATE_LIMITED", text), id);
      return undefined;
    }
    const message = new Incoming(client, envelope);
    if (this.#context.hears("message")) this.#context.emit("message", { client, message });
    try {
      const result = handler(client, message);
      if (result === ANSWERED) return undefined;
      if (!isPromiseLike(result)) acknowledge(client, id, result);
      else if (this.#builtIn.has(type)) return result;
      else this.#settle(client, envelope, result);
    } catch (error) {
      this.#fail(client, envelope, error);
    }
    return undefined;
  }

  /** Answers with the value of a promise: at once where it is known already. */
  #settle(client: AnyClient, envelope: Envelope, result: PromiseLike<unknown>): void {
    const known = knownValue(result);
    if (known !== undefined) acknowledge(client, envelope.id, known);
    else void this.#wait(client, envelope, result);
  }

  /** Waits for a handler's promise, and answers. A handler that is late runs on, and is reported. */
  async #wait(client: AnyClient, envelope: Envelope, result: PromiseLike<unknown>): Promise<void> {
    const timeout = this.#handlerTimeout;
    const turn = this.#pending.begin(client);
    let isLate = false;
    const fail = (error: unknown) =>
      this.#answer(client, envelope, () => this.#fail(client, envelope, error));
    this.#running++;
    try {
      const value = await withTimeout(result, this.#context.clock, timeout);
      if (value === TIMED_OUT) {
        isLate = true;
        const text = `The handler for "${envelope.type}" did not settle in ${timeout} ms.`;
        await fail(new RoomcastError("HANDLER_TIMEOUT", text));
        await result;
      } else {
        const answered = this.#answer(client, envelope, () =>
          acknowledge(client, envelope.id, value),
        );
        if (answered !== undefined) await answered;
      }
    } catch (error) {
      if (isLate) this.#context.report(handlerFailed(envelope, error), client);
      else await fail(error);
    }
    this.#pending.end(client, turn);
    this.#ended();
  }

  /** Sends a late answer, once it has room. Returns a promise if that is not now. Throws what `send` throws. */
  #answer(client: AnyClient, envelope: Envelope, send: () => void): Promise<void> | undefined {
    if (this.#context.isClosing || !client.isOpen || client.outbox.hasRoom()) {
      send();
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const answer = () => {
        try {
          send();
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      this.#backlogOf(client).push({ envelope, size: 0, answer });
    });
  }

  /** Waits for a promise, and then goes on with what the same client sent meanwhile. */
  async #hold(client: AnyClient, envelope: Envelope, result: PromiseLike<unknown>): Promise<void> {
    const backlog = this.#backlogOf(client);
    backlog.isHeld = true;
    this.#running++;
    try {
      acknowledge(client, envelope.id, await result);
    } catch (error) {
      this.#fail(client, envelope, error);
    }
    backlog.isHeld = false;
    this.goOn(client);
    this.#ended();
  }

  #ended(): void {
    this.#running--;
    if (this.#running === 0) this.#onIdle?.();
  }

  /** Answers with what a handler threw; what is the server's business is reported, and hidden. */
  #fail(client: AnyClient, envelope: Envelope, error: unknown): void {
    if (isForClient(error)) {
      refuse(client, error, envelope.id);
      return;
    }
    const text = "The server could not handle the message.";
    refuse(client, new RoomcastError("INTERNAL", text), envelope.id);
    this.#context.report(handlerFailed(envelope, error), client);
  }
}

/** Tells a client what was wrong with its message. */
function refuse(client: AnyClient, error: RoomcastError, id: string | undefined): void {
  const { code, message } = error;
  client.push({ type: "error", payload: { code, message }, id });
}

function acknowledge(client: AnyClient, id: string | undefined, result: unknown): void {
  if (result === ANSWERED || id === undefined) return;
  client.push({ type: "ack", payload: result, id });
}

function handlerFailed({ type }: Envelope, cause: unknown): RoomcastError {
  if (cause instanceof RoomcastError && cause.code === "HANDLER_TIMEOUT") return cause;
  return new RoomcastError("HANDLER_FAILED", `The handler for "${type}" failed.`, { cause });
}
