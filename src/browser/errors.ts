import type { Envelope, ErrorPayload, LeaveReason } from "../protocol/types.js";

/**
 * Why a request has no answer, or what went wrong with the connection.
 *
 * @category Events, errors and statistics
 */
export type ConnectionErrorCode =
  /** The connection was closed for good. */
  | "CLOSED"
  /**
   * The connection was lost after sending and before the answer. The server may have handled it, or
   * not.
   */
  | "CONNECTION_LOST"
  /** An option or argument has a value that cannot work. Nothing was sent. */
  | "INVALID_OPTION"
  /** No answer within `timeout`. */
  | "TIMEOUT"
  /** No connection within `queue.maxAge`. It was not sent. */
  | "EXPIRED"
  /** `queue.messages` requests wait already. It was not sent. */
  | "QUEUE_FULL"
  /** The message has more bytes than the server takes. It was not sent. */
  | "TOO_LARGE"
  /** The caller's signal was aborted. */
  | "ABORTED"
  /** The room was left, by this end or by the server's code. */
  | "LEFT"
  /** An attempt to connect failed before it began: `token()` threw, or the WebSocket could not be made. */
  | "ATTEMPT_FAILED"
  /** A listener threw or rejected. `cause` has the error. */
  | "LISTENER_FAILED"
  /** The server sent something that is not a message. */
  | "INVALID_MESSAGE"
  /** The server sent a message that has no listener. */
  | "UNKNOWN_TYPE";

/**
 * Every error of a connection. The code is one of the above, or the server's own
 * (`docs/protocol.md`).
 *
 * @category Events, errors and statistics
 */
export class ConnectionError extends Error {
  /** Distinguishes it from other errors, also in a log. */
  override readonly name = "ConnectionError";
  /** Stable. Compare the code, never the message. */
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

/** The error in an `error` message of the server. */
export function serverError({ payload }: Envelope): ConnectionError {
  const { code, message } = payload as ErrorPayload;
  return new ConnectionError(code, message);
}

/** The error of a room that we are no longer in. `FORBIDDEN` means that we may not come back. */
export function leftError(reason: LeaveReason = "left"): ConnectionError {
  const code = reason === "kicked" ? "FORBIDDEN" : "LEFT";
  return new ConnectionError(code, `No longer in the room: ${reason}.`);
}
