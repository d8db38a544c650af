/**
 * What this adapter uses of `ws` and of Node's HTTP server, in types of its own: so a program that
 * type-checks without `@types/ws` or `@types/node` can still import the adapter. Each event is
 * declared with what its listener gets, which fits any way of declaring it: overloads per event, or
 * one generic over a map of events.
 */

/**
 * A connection of `ws`.
 *
 * @category Types of the server
 */
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
  /** Reads nothing more. Versions before 8.4 do not have it. */
  pause?(): void;
  /** Reads on after `pause`. */
  resume?(): void;
  /** Listens for messages. `data` is a `Buffer`, unless somebody changed the `binaryType`. */
  on(event: "message", listener: (data: object, isBinary: boolean) => void): unknown;
  /** Listens for pings, which `ws` answers, and for pongs. */
  on(event: "ping" | "pong", listener: () => void): unknown;
  /** Listens for a failure; `close` follows. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Listens for the end. */
  on(event: "close", listener: (code: number, reason: Uint8Array) => void): unknown;
}

/** What parses the frames of a connection of `ws`. */
export interface WsFrames {
  /** Most fragments of a message, 0 for no limit. Undefined in older versions. */
  _maxFragments?: number;
  /** Listens for the peer's close frame. */
  on(event: "conclude", listener: (code: number) => void): unknown;
}

/**
 * The socket beneath a connection.
 *
 * @category Types of the server
 */
export interface NetSocket {
  /** Bytes that wait for the network. */
  readonly writableLength: number;
  /** Bytes written so far, those that wait included. */
  readonly bytesWritten?: number | undefined;
  /** What Node keeps of the operating system's socket, while there is one. */
  readonly _handle?: {
    /** Bytes handed to the operating system. */
    readonly bytesWritten: number;
    /** Of these, bytes that it has not taken yet. */
    readonly writeQueueSize: number;
  } | null;
  /** Whether the peer is gone. */
  readonly destroyed: boolean;
  /** Whether our side has ended. */
  readonly writableEnded?: boolean | undefined;
  /** Whether the peer's side has ended. */
  readonly readableEnded?: boolean | undefined;
  /** Whether our side stays open when the peer's has ended. */
  readonly allowHalfOpen?: boolean | undefined;
  /** The address of the peer. */
  readonly remoteAddress?: string | undefined;
  /** Reads what there is. */
  read?(size: number): unknown;
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
  /** Listens for the moment from which it takes more again, or for the end of the peer's half. */
  on(event: "drain" | "end", listener: () => void): unknown;
  /** Listens for a failure; `close` follows. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** How many listeners an event has. */
  listenerCount(event: "error" | "data" | "readable"): number;
  /** Listens once, for the end, or for the moment when all is written. */
  once(event: "close" | "end" | "finish", listener: () => void): unknown;
}

/**
 * An upgrade request.
 *
 * @category Types of the server
 */
export interface UpgradeRequest {
  /** Path and query. */
  readonly url?: string | undefined;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The connection that it came on. */
  readonly socket: NetSocket;
}

/**
 * A `WebSocketServer` of `ws`.
 *
 * @category Types of the server
 */
export interface WsServer {
  /** What the server was made with; `ws` reads these two at each upgrade. */
  readonly options: {
    /** Decides on each upgrade request. */
    verifyClient?: unknown;
    /** The largest message, in bytes. */
    maxPayload?: number | undefined;
  };
  /** Listens for connections. */
  on(
    event: "connection",
    listener: (connection: WsConnection, request: UpgradeRequest) => void,
  ): unknown;
}

/**
 * Node's HTTP or HTTPS server, or anything else that emits `upgrade` as it does.
 *
 * @category Types of the server
 */
export interface HttpServer {
  /** Listens for upgrade requests, before those who listen already. */
  prependListener(
    event: "upgrade",
    listener: (request: UpgradeRequest, socket: NetSocket, head: Uint8Array) => void,
  ): unknown;
  /** Who listens to an event. */
  listeners(event: "upgrade"): readonly unknown[];
}
