/**
 * Every code, and whose business it is. `"client"`: an `error` message carries it to the client as it is;
 * these never change their meaning. `"server"`: it stays on the server, and a client is told `INTERNAL`.
 *
 * @category Events, errors and statistics
 */
export const ERROR_CODES = {
  /** The message is no JSON object with a usable `type` and `id`. */
  INVALID_FORMAT: "client",
  /** There is no handler for the type. */
  UNKNOWN_TYPE: "client",
  /** The message concerns a room and names none. */
  MISSING_ROOM: "client",
  /** The client is not in the room. */
  NOT_IN_ROOM: "client",
  /** The payload cannot be used. */
  INVALID_PAYLOAD: "client",
  /** The client has no valid token. Thrown by `authenticate`, it is HTTP 401. */
  UNAUTHORIZED: "client",
  /** The client may not do that. Thrown by `authenticate`, it is HTTP 403. */
  FORBIDDEN: "client",
  /** The client sends too much. */
  RATE_LIMITED: "client",
  /** The client is in as many rooms as it may be in. */
  TOO_MANY_ROOMS: "client",
  /** The server failed. Its own error is told to the server alone. */
  INTERNAL: "client",
  /** An option or argument has a value that cannot work. */
  INVALID_OPTION: "server",
  /** The hub has been closed. */
  HUB_CLOSED: "server",
  /** The transport of one client failed, or an upgrade did. */
  SOCKET_FAILED: "server",
  /** A handler, a `verifyClient` or the like threw or rejected. `cause` has the error. */
  HANDLER_FAILED: "server",
  /** A handler's promise did not settle within `handlerTimeout`. */
  HANDLER_TIMEOUT: "server",
  /** A history could not be read; its readers were told of a gap. `cause` has the error. */
  HISTORY_FAILED: "server",
  /** A listener of a hub event threw or rejected. `cause` has the error. */
  LISTENER_FAILED: "server",
} as const;

type Codes = typeof ERROR_CODES;

/**
 * The codes that an `error` message carries on the wire: those of {@link ERROR_CODES} marked `"client"`.
 *
 * @category Events, errors and statistics
 */
export type ErrorCode = {
  [C in keyof typeof ERROR_CODES]: (typeof ERROR_CODES)[C] extends "client" ? C : never;
}[keyof typeof ERROR_CODES];

/**
 * The codes of errors that stay on the server: those of {@link ERROR_CODES} marked `"server"`.
 *
 * @category Events, errors and statistics
 */
export type LocalErrorCode = Exclude<keyof typeof ERROR_CODES, ErrorCode>;

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
 *
 * @category Events, errors and statistics
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

/** Whether a client is told an error as it is: its code is a client's business, or an application's own. */
export function isForClient(error: unknown): error is RoomcastError {
  if (!(error instanceof RoomcastError) || error.code === "INTERNAL") return false;
  return (
    !Object.hasOwn(ERROR_CODES, error.code) || ERROR_CODES[error.code as keyof Codes] === "client"
  );
}
