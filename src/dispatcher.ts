import type { Client } from "./client.js";
import type { Hub } from "./hub.js";
import { Incoming } from "./incoming.js";
import { RoomcastError } from "./protocol/errors.js";
import type { Envelope, User } from "./protocol/types.js";

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

/** Finds the handler of a message, runs it, and answers. */
export class Dispatcher<U extends User, D> {
  readonly #hub: Hub<U, D>;
  readonly #handlers = new Map<string, Handler<U, D>>();

  constructor(hub: Hub<U, D>) {
    this.#hub = hub;
  }

  /** Registers a handler, in place of the one before. */
  handle(type: string, handler: Handler<U, D>): void {
    this.#handlers.set(type, handler);
  }

  /** Runs the handler for an envelope. Never throws: every failure is answered. */
  dispatch(client: Client<U, D>, envelope: Envelope): void {
    const handler = this.#handlers.get(envelope.type);
    if (handler === undefined) {
      const error = new RoomcastError("UNKNOWN_TYPE", `There is no type "${envelope.type}".`);
      this.refuse(client, error, envelope.id);
      return;
    }
    const message = new Incoming(client, envelope);
    if (this.#hub.listenerCount("message") > 0) this.#hub.notify("message", { client, message });
    try {
      const result = handler(client, message);
      if (isPromiseLike(result)) this.#await(client, envelope, result);
      else this.#acknowledge(client, envelope.id, result);
    } catch (error) {
      this.#fail(client, envelope, error);
    }
  }

  /** Tells a client what was wrong with its message. */
  refuse(client: Client<U, D>, error: RoomcastError, id: string | undefined): void {
    const { code, message } = error;
    client.answer({ type: "error", payload: { code, message }, id });
  }

  #await(client: Client<U, D>, envelope: Envelope, result: PromiseLike<unknown>): void {
    const { clock, handlerTimeout } = this.#hub.settings;
    let isLate = false;
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
      },
      (error: unknown) => {
        clock.clearTimeout(timer);
        if (isLate) this.#hub.report(this.#failure(envelope, error), client);
        else this.#fail(client, envelope, error);
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
  "INTERNAL",
]);

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
