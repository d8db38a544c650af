import type { AnyClient, Client } from "../client.js";
import type { Context } from "../context.js";
import { isForClient, RoomcastError } from "../protocol/errors.js";
import { orderOf } from "../protocol/messages.js";
import type { Envelope, User } from "../protocol/types.js";
import { isPromiseLike, knownValue } from "../util/promises.js";
import { TIMED_OUT, withTimeout } from "../util/timeout.js";
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
  /** By client, while a promise holds it up: the messages that wait. */
  readonly #waiting = new Map<AnyClient, Envelope[]>();
  #running = 0;
  #onIdle: (() => void) | undefined;

  constructor(context: Context, { handlerTimeout, maxPendingHandlers }: DispatcherSettings) {
    this.#context = context;
    this.#handlerTimeout = handlerTimeout;
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
    if (this.#running === 0) callback();
  }

  /** Handles an envelope, now or after those before it. Never throws: every failure is answered. */
  dispatch(client: AnyClient, envelope: Envelope): void {
    const waiting = this.#waiting.size === 0 ? undefined : this.#waiting.get(client);
    const isFree = waiting === undefined && !this.#context.isClosing;
    if (isFree || orderOf(envelope.type) === "prompt") {
      const pending = this.#run(client, envelope);
      if (pending !== undefined) void this.#hold(client, envelope, pending);
      return;
    }
    // A hub that closes finishes what it has begun, and begins nothing.
    if (waiting === undefined || this.#context.isClosing) return;
    if (waiting.length < MAX_WAITING) {
      waiting.push(envelope);
      return;
    }
    const text = `At most ${MAX_WAITING} messages may wait for you to join or send.`;
    refuse(client, new RoomcastError("RATE_LIMITED", text), envelope.id);
  }

  /** Runs the handler. Returns its promise if what the client sends next must wait for it. */
  #run(client: AnyClient, envelope: Envelope): PromiseLike<unknown> | undefined {
    const { type, id } = envelope;
    const handler = this.#handlers.get(type);
    if (handler === undefined) {
      refuse(client, new RoomcastError("UNKNOWN_TYPE", `There is no type "${type}".`), id);
      return undefined;
    }
    if (this.#pending.isFull(client) && this.#mayPend(type)) {
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
      else if (this.#builtIn.has(type) && orderOf(type) === "holds") return result;
      else this.#settle(client, envelope, result);
    } catch (error) {
      this.#fail(client, envelope, error);
    }
    return undefined;
  }

  /** Whether the promise of a type's handler is waited for beside others: not where it holds them up, or has none. */
  #mayPend(type: string): boolean {
    return !this.#builtIn.has(type) || orderOf(type) === "waits";
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
    this.#running++;
    try {
      const value = await withTimeout(result, this.#context.clock, timeout);
      if (value === TIMED_OUT) {
        isLate = true;
        const text = `The handler for "${envelope.type}" did not settle in ${timeout} ms.`;
        this.#fail(client, envelope, new RoomcastError("HANDLER_TIMEOUT", text));
        await result;
      } else {
        acknowledge(client, envelope.id, value);
      }
    } catch (error) {
      if (isLate) this.#context.report(handlerFailed(envelope, error), client);
      else this.#fail(client, envelope, error);
    }
    this.#pending.end(client, turn);
    this.#ended();
  }

  /** Waits for a promise, and then handles what the same client sent meanwhile, one after the other. */
  async #hold(client: AnyClient, envelope: Envelope, result: PromiseLike<unknown>): Promise<void> {
    const waiting: Envelope[] = [];
    this.#waiting.set(client, waiting);
    this.#running++;
    for (let pending: PromiseLike<unknown> | undefined = result; pending !== undefined; ) {
      try {
        acknowledge(client, envelope.id, await pending);
      } catch (error) {
        this.#fail(client, envelope, error);
      }
      pending = undefined;
      while (pending === undefined && waiting.length > 0 && client.isOpen) {
        envelope = waiting.shift() as Envelope;
        pending = this.#run(client, envelope);
      }
    }
    this.#waiting.delete(client);
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
export function refuse(client: AnyClient, error: RoomcastError, id: string | undefined): void {
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
