/**
 * What this adapter uses of `ws` and of Node's HTTP server, in types of its own: so a program that
 * type-checks without `@types/ws` or `@types/node` can still import the adapter.
 */

/** A connection of `ws`. */
export interface WsConnection {
  readonly readyState: number;
  readonly bufferedAmount: number;
  /** The extensions that were negotiated; empty for none. */
  readonly extensions: string;
  send(data: Uint8Array, options: { binary: boolean }): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: string, listener: (...args: never[]) => void): unknown;
}

/** The socket beneath a connection. */
export interface NetSocket {
  readonly writableLength: number;
  readonly destroyed: boolean;
  readonly remoteAddress?: string | undefined;
  write(data: Uint8Array): boolean;
  end(text: string): unknown;
  cork(): void;
  uncork(): void;
  destroy(): unknown;
  on(event: string, listener: (...args: never[]) => void): unknown;
  once(event: string, listener: (...args: never[]) => void): unknown;
}

/** An upgrade request. */
export interface UpgradeRequest {
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: object;
}

/** A `WebSocketServer` of `ws`. */
export interface WsServer {
  readonly options: { verifyClient?: unknown; maxPayload?: number | undefined };
  on(event: string, listener: (...args: never[]) => void): unknown;
}

/** Node's HTTP or HTTPS server, or anything else that emits `upgrade` as it does. */
export interface HttpServer {
  on(event: string, listener: (...args: never[]) => void): unknown;
  listenerCount(event: string): number;
}
