/**
 * What this adapter uses of `ws` and of Node's HTTP server, in types of its own: so a program that
 * type-checks without `@types/ws` or `@types/node` can still import the adapter.
 */

/** A connection of `ws`. */
export interface WsConnection {
  /** 1 while it is open (WHATWG WebSockets, 3.1). */
  readonly readyState: number;
  /** Bytes that wait for the network. */
  readonly bufferedAmount: number;
  /** The extensions that were negotiated; empty for none. */
  readonly extensions: string;
  /** Sends one message. */
  send(data: Uint8Array, options: { binary: boolean }): void;
  /** Sends a protocol ping. */
  ping(): void;
  /** Starts the closing handshake. */
  close(code: number, reason: string): void;
  /** Drops the connection. */
  terminate(): void;
  /** Emits `message`, `pong`, `error`, `close`. */
  on(event: string, listener: (...args: never[]) => void): unknown;
}

/** The socket beneath a connection. */
export interface NetSocket {
  /** Bytes that wait for the network. */
  readonly writableLength: number;
  /** Whether the peer is gone. */
  readonly destroyed: boolean;
  /** The address of the peer. */
  readonly remoteAddress?: string | undefined;
  /** Writes bytes. */
  write(data: Uint8Array): boolean;
  /** Writes a last text, then ends. */
  end(text: string): unknown;
  /** Holds writes back, to make them one. */
  cork(): void;
  /** Lets go of the writes held back. */
  uncork(): void;
  /** Drops the connection. */
  destroy(): unknown;
  /** Emits `drain`, `error`. */
  on(event: string, listener: (...args: never[]) => void): unknown;
  /** Emits `close`, `finish`. */
  once(event: string, listener: (...args: never[]) => void): unknown;
}

/** An upgrade request. */
export interface UpgradeRequest {
  /** Path and query. */
  readonly url?: string | undefined;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The connection that it came on. */
  readonly socket: object;
}

/** A `WebSocketServer` of `ws`. */
export interface WsServer {
  /** What the server was made with; `ws` reads these two at each upgrade. */
  readonly options: {
    /** Decides on each upgrade request. */
    verifyClient?: unknown;
    /** The largest message, in bytes. */
    maxPayload?: number | undefined;
  };
  /** Emits `connection`. */
  on(event: string, listener: (...args: never[]) => void): unknown;
}

/** Node's HTTP or HTTPS server, or anything else that emits `upgrade` as it does. */
export interface HttpServer {
  /** Emits `upgrade`. */
  on(event: string, listener: (...args: never[]) => void): unknown;
  /** How many listeners an event has. */
  listenerCount(event: string): number;
}
