/**
 * What this adapter uses of a standard WebSocket (WHATWG WebSockets, 3.1), in types of its own: no
 * runtime's global types are needed, and each runtime's own fit.
 *
 * @category Types of the server
 */
export interface StandardWebSocket {
  /** 0 while it connects, 1 while it is open. */
  readonly readyState: number;
  /** Bytes that wait for the network. Missing on Cloudflare Workers. */
  readonly bufferedAmount?: number;
  /** Sends one message. */
  send(data: string): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
  /** Listens for the opening, or for a failure; `close` follows a failure. */
  addEventListener(type: "open" | "error", listener: (event: object) => void): void;
  /** Listens for messages, whose data is a string for text. */
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  /** Listens for the end. */
  addEventListener(type: "close", listener: (event: StandardCloseEvent) => void): void;
  /** Takes a listener back. */
  removeEventListener(type: "open", listener: (event: object) => void): void;
  /** Takes a listener back. */
  removeEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  /** Takes a listener back. */
  removeEventListener(type: "close", listener: (event: StandardCloseEvent) => void): void;
  /** Cloudflare Workers deliver nothing before this is called. */
  accept?(): void;
}

/**
 * What is used of a close event (WHATWG WebSockets, 4).
 *
 * @category Types of the server
 */
export interface StandardCloseEvent {
  /** The close code; 1006 without a closing handshake. */
  readonly code: number;
  /** Empty for none. */
  readonly reason: string;
}
