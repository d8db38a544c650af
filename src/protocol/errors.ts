/** The codes that an `error` message carries on the wire. They never change their meaning. */
export type ErrorCode =
  | "INVALID_FORMAT"
  | "UNKNOWN_TYPE"
  | "MISSING_ROOM"
  | "NOT_IN_ROOM"
  | "INVALID_PAYLOAD"
  | "FORBIDDEN"
  | "RATE_LIMITED"
  | "TOO_MANY_ROOMS"
  | "INTERNAL";

/** Codes of errors that stay on the server. */
export type LocalErrorCode =
  /** An option or argument has a value that cannot work. */
  | "INVALID_OPTION"
  /** The hub was closed. */
  | "HUB_CLOSED"
  /** The transport of one client failed. */
  | "SOCKET_FAILED"
  /** A handler threw or rejected. `cause` has the error. */
  | "HANDLER_FAILED"
  /** A handler's promise did not settle within `handlerTimeout`. */
  | "HANDLER_TIMEOUT"
  /** A history could not be read; whoever needed it was told of the gap. `cause` has the error. */
  | "HISTORY_FAILED"
  /** A listener of a hub event threw or rejected. `cause` has the error. */
  | "LISTENER_FAILED";

/**
 * Every error that roomcast throws or emits. Thrown by a handler, it is told to the client with its
 * code and message; any other error becomes `INTERNAL`, so that nothing internal leaks.
 *
 * @example
 * ```ts
 * hub.handle("publish", (client) => {
 *   if (!client.user.editor) throw new RoomcastError("FORBIDDEN", "Only editors publish.");
 * });
 * ```
 */
export class RoomcastError extends Error {
  /** Tells it apart from other errors, also in a log. */
  override readonly name = "RoomcastError";
  /** Stable; compare this, never the message. Applications may use codes of their own. */
  readonly code: ErrorCode | LocalErrorCode | (string & {});

  constructor(
    code: ErrorCode | LocalErrorCode | (string & {}),
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
  }
}
