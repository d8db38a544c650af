/**
 * What this adapter uses of uWebSockets.js, in types of its own: so a program that type-checks
 * without uWebSockets.js can still import the adapter.
 */

/**
 * A connection of uWebSockets.js. Valid until its close handler has run.
 *
 * @category Types of the server
 */
export interface UwsConnection<Data> {
  /** Sends one message. */
  send(message: string | Uint8Array, isBinary?: boolean): number;
  /** Bytes that wait for the network. */
  getBufferedAmount(): number;
  /** Makes what `callback` sends one write. */
  cork(callback: () => void): unknown;
  /** Sends a protocol ping. */
  ping(): number;
  /** Starts the closing handshake. */
  end(code: number, reason: string): void;
  /** Drops the connection. */
  close(): void;
  /** What the upgrade attached to the connection. */
  getUserData(): Data;
}

/**
 * A response of uWebSockets.js. Valid until it is ended or aborted.
 *
 * @category Types of the server
 */
export interface UwsResponse {
  /** Makes what `callback` writes one write. */
  cork(callback: () => void): unknown;
  /** Runs `callback` if the peer goes away before there is an answer. */
  onAborted(callback: () => void): unknown;
  /** Writes the status line: code and text. */
  writeStatus(status: string): unknown;
  /** Writes a header. */
  writeHeader(key: string, value: string): unknown;
  /** Writes the body, and ends the response. */
  end(body: string, closeConnection?: boolean): unknown;
  /** The address of the peer. */
  getRemoteAddressAsText(): ArrayBuffer;
  /** Answers with 101: from now on it is a WebSocket. */
  upgrade<Data>(
    data: Data,
    secWebSocketKey: string,
    secWebSocketProtocol: string,
    secWebSocketExtensions: string,
    context: unknown,
  ): void;
}

/**
 * A request of uWebSockets.js. Valid until its handler returns.
 *
 * @category Types of the server
 */
export interface UwsRequest {
  /** The path, without the query. */
  getUrl(): string;
  /** The query, without the question mark. */
  getQuery(): string;
  /** The value of a header, whose name is in lower case; empty for none. */
  getHeader(name: string): string;
  /** Runs `callback` for each header, with its name in lower case. */
  forEach(callback: (name: string, value: string) => void): void;
}

/**
 * The handlers and limits of one WebSocket route.
 *
 * @category Types of the server
 */
export interface UwsBehavior<Data> {
  /** The largest message, in bytes. */
  maxPayloadLength?: number;
  /** Bytes that may wait for one connection's network; 0 for no limit. */
  maxBackpressure?: number;
  /** Seconds of silence until a connection is closed; 0 for never. */
  idleTimeout?: number;
  /** Whether uWebSockets.js pings by itself. */
  sendPingsAutomatically?: boolean;
  /** A request for an upgrade. */
  upgrade?(response: UwsResponse, request: UwsRequest, context: unknown): void;
  /** A connection is open. */
  open?(ws: UwsConnection<Data>): void;
  /** A message, in memory that is taken back when the handler returns. */
  message?(ws: UwsConnection<Data>, message: ArrayBuffer, isBinary: boolean): void;
  /** What waited for the network is less than before. */
  drain?(ws: UwsConnection<Data>): void;
  /** The peer sent a protocol ping, which uWebSockets.js answers. */
  ping?(ws: UwsConnection<Data>): void;
  /** The peer sent a pong. */
  pong?(ws: UwsConnection<Data>): void;
  /** The connection is gone. */
  close?(ws: UwsConnection<Data>, code: number, reason: ArrayBuffer): void;
}

/**
 * An `App` or `SSLApp` of uWebSockets.js.
 *
 * @category Types of the server
 */
export interface UwsApp {
  /** Adds a WebSocket route. */
  ws<Data>(pattern: string, behavior: UwsBehavior<Data>): unknown;
}
