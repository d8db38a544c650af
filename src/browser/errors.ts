import type { Envelope, ErrorPayload } from "../protocol/types.js";

/** Why a request has no answer, or what went wrong on the line. */
export type ConnectionErrorCode =
  /** The connection was closed for good. */
  | "CLOSED"
  /** It was sent, and the line broke before the answer: it may have been handled, or not. */
  | "CONNECTION_LOST"
  /** It was sent, and no answer came in time. */
  | "TIMEOUT"
  /** It waited for the line for too long, and was not sent. */
  | "EXPIRED"
  /** Too much was waiting for the line already; it was not sent. */
  | "QUEUE_FULL"
  /** The caller's signal took it back. */
  | "ABORTED"
  /** The room was left, by us or by code of the server. */
  | "LEFT"
  /** An attempt to connect failed before it began: `token()` threw, or the URL is no good. */
  | "ATTEMPT_FAILED"
  /** A listener threw or rejected. `cause` has the error. */
  | "LISTENER_FAILED"
  /** The server sent what is no message. */
  | "INVALID_MESSAGE"
  /** The server sent a message that nobody listens for. */
  | "UNKNOWN_TYPE";

/** Every error of a connection: the codes above, or the server's own, as in `docs/protocol.md`. */
export class ConnectionError extends Error {
  /** Tells it apart from other errors, also in a log. */
  override readonly name = "ConnectionError";
  /** Stable; compare this, never the message. */
  readonly code: ConnectionErrorCode | (string & {});

  constructor(
    code: ConnectionErrorCode | (string & {}),
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
  }
}

/** What an `error` of the server says. */
export function serverError({ payload }: Envelope): ConnectionError {
  const { code, message } = payload as ErrorPayload;
  return new ConnectionError(code, message);
}

/** The error of what concerns a room that one has left. */
export function leftError(): ConnectionError {
  return new ConnectionError("LEFT", "The room was left.");
}
