import type { Client } from "../client.js";
import type { Hub } from "../hub.js";
import { RoomcastError } from "../protocol/errors.js";
import type { Envelope, User } from "../protocol/types.js";
import { isPromiseLike } from "../util/timeout.js";
import { Incoming } from "./incoming.js";

/**
 * Handles one type of message. What it returns, or its promise resolves to, is the payload of the
 * `ack` that the client gets; what it throws or rejects with is the client's `error`.
 */
export type Handler<U extends User = User, D = Record<string, unknown>> = (
  client: Client<U, D>,
  message: Incoming<U, D>,
) => unknown;

/** Returned by a handler that has answered by itself. */
export const ANSWERED: unique symbol = Symbol("answered");

/** So many messages of one client wait for its turn to join or send; more are refused. */
const MAX_WAITING = 100;

/** These never wait: they say that somebody is there, or answer what the server asked. */
const PROMPT: ReadonlySet<string> = new Set(["ping", "pong", "ack"]);

/** Finds the handler of a message, runs it, and answers. */
export class Dispatcher<U extends User, D> {
  readonly #hub: Hub<U, D>;
  readonly #handlers = new Map<string, Handler<U, D>>();
  /** The types of which a promise holds up what the same client sends next. */
  readonly #ordered = new Set<string>();
  /** By client, while a promise holds it up: what waits. */
  readonly #waiting = new Map<Client<U, D>, Envelope[]>();
  #running = 0;
  #onIdle: (() => void) | undefined;

  constructor(hub: Hub<U, D>) {
    this.#hub = hub;
  }

  /** Registers a handler, in place of the one before. */
  handle(type: string, handler: Handler<U, D>): void {
    this.#handlers.set(type, handler);
    this.#ordered.delete(type);
  }

  /**
   * Registers a handler whose promise holds up what the same client sends next, so that joining takes
   * effect before what follows it. The promise MUST settle in time by itself.
   */
  handleInOrder(type: string, handler: Handler<U, D>): void {
    this.handle(type, handler);
    this.#ordered.add(type);
  }

  /** Runs `callback` once no handler's promise is pending any more; at once, if none is. */
  whenIdle(callback: () => void): void {
    this.#onIdle = callback;
    if (this.#running === 0) callback();
  }

  /** Handles an envelope, now or after those before it. Never throws: every failure is answered. */
  dispatch(client: Client<U, D>, envelope: Envelope): void {
    // A hub that closes finishes what it has begun, and begins nothing.
    if (this.#hub.isClosing && !PROMPT.has(envelope.type)) return;
    const waiting = this.#waiting.size === 0 ? undefined : this.#waiting.get(client);
    if (waiting === undefined || PROMPT.has(envelope.type)) {
      const result = this.#run(client, envelope);
      if (result !== undefined) void this.#hold(client, envelope, result);
    } else if (waiting.length < MAX_WAITING) {
      waiting.push(envelope);
    } else {
      const text = "Too many messages wait for you to join or send.";
      this.refuse(client, new RoomcastError("RATE_LIMITED", text), envelope.id);
    }
  }

  /** Runs the handler. Returns its promise if what the client sends next must wait for it. */
  #run(client: Client<U, D>, envelope: Envelope): PromiseLike<unknown> | undefined {
    const handler = this.#handlers.get(envelope.type);
    if (handler === undefined) {
      const error = new RoomcastError("UNKNOWN_TYPE", `There is no type "${envelope.type}".`);
      this.refuse(client, error, envelope.id);
      return undefined;
    }
    const message = new Incoming(client, envelope);
    if (this.#hub.listenerCount("message") > 0) this.#hub.notify("message", { client, message });
    try {
      const result = handler(client, message);
      if (!isPromiseLike(result)) this.#acknowledge(client, envelope.id, result);
      else if (this.#ordered.has(envelope.type)) return result;
      else this.#await(client, envelope, result);
    } catch (error) {
      this.#fail(client, envelope, error);
    }
    return undefined;
  }

  /** Tells a client what was wrong with its message. */
  refuse(client: Client<U, D>, error: RoomcastError, id: string | undefined): void {
    const { code, message } = error;
    client.answer({ type: "error", payload: { code, message }, id });
  }

  /** Waits for a promise, and then handles what the same client sent meanwhile, one after the other. */
  async #hold(
    client: Client<U, D>,
    envelope: Envelope,
    result: PromiseLike<unknown>,
  ): Promise<void> {
    const waiting: Envelope[] = [];
    this.#waiting.set(client, waiting);
    this.#running++;
    for (let held: PromiseLike<unknown> | undefined = result; held !== undefined; ) {
      try {
        this.#acknowledge(client, envelope.id, await held);
      } catch (error) {
        this.#fail(client, envelope, error);
      }
      held = undefined;
      while (held === undefined && waiting.length > 0 && client.isOpen) {
        envelope = waiting.shift() as Envelope;
        held = this.#run(client, envelope);
      }
    }
    this.#waiting.delete(client);
    this.#ended();
  }

  #ended(): void {
    this.#running--;
    if (this.#running === 0) this.#onIdle?.();
  }

  #await(client: Client<U, D>, envelope: Envelope, result: PromiseLike<unknown>): void {
    const { clock, handlerTimeout } = this.#hub.settings;
    let isLate = false;
    this.#running++;
    const timer =
      handlerTimeout !== false &&
      clock.setTimeout(() => {
        isLate = true;
        const text = `The handler for "${envelope.type}" did not settle in ${handlerTimeout} ms.`;
        this.#fail(client, envelope, new RoomcastError("HANDLER_TIMEOUT", text));
      }, handlerTimeout);
    result.then(
      (value) => {
        clock.clearTimeout(timer);
        if (!isLate) this.#succeed(client, envelope, value);
        this.#ended();
      },
      (error: unknown) => {
        clock.clearTimeout(timer);
        if (isLate) this.#hub.report(this.#failure(envelope, error), client);
        else this.#fail(client, envelope, error);
        this.#ended();
      },
    );
  }

  #succeed(client: Client<U, D>, envelope: Envelope, result: unknown): void {
    try {
      this.#acknowledge(client, envelope.id, result);
    } catch (error) {
      this.#fail(client, envelope, error);
    }
  }

  #acknowledge(client: Client<U, D>, id: string | undefined, result: unknown): void {
    if (result === ANSWERED || id === undefined) return;
    client.answer({ type: "ack", payload: result, id });
  }

  /** A RoomcastError with a wire code is the client's business; anything else is the server's. */
  #fail(client: Client<U, D>, envelope: Envelope, error: unknown): void {
    if (error instanceof RoomcastError && !LOCAL_CODES.has(error.code)) {
      this.refuse(client, error, envelope.id);
      return;
    }
    const internal = new RoomcastError("INTERNAL", "The server could not handle the message.");
    this.refuse(client, internal, envelope.id);
    this.#hub.report(this.#failure(envelope, error), client);
  }

  #failure(envelope: Envelope, cause: unknown): RoomcastError {
    if (cause instanceof RoomcastError && cause.code === "HANDLER_TIMEOUT") return cause;
    const text = `The handler for "${envelope.type}" failed.`;
    return new RoomcastError("HANDLER_FAILED", text, { cause });
  }
}

const LOCAL_CODES: ReadonlySet<string> = new Set([
  "INVALID_OPTION",
  "HUB_CLOSED",
  "SOCKET_FAILED",
  "HANDLER_FAILED",
  "HANDLER_TIMEOUT",
  "LISTENER_FAILED",
  "HISTORY_FAILED",
  "INTERNAL",
]);
