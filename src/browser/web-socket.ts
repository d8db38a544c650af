/**
 * The part of a WebSocket (WHATWG WebSockets, 3.1) that is used. Every runtime's own fits, and that
 * of `ws`.
 *
 * @category For other runtimes
 */
export interface WebSocketLike {
  /** 1 while it is open. */
  readonly readyState: number;
  /** Runs once it is open. */
  onopen: ((event: never) => void) | null;
  /** Runs for each message. */
  onmessage: ((event: never) => void) | null;
  /** Runs when it failed. */
  onerror: ((event: never) => void) | null;
  /** Runs when it was closed. */
  onclose: ((event: never) => void) | null;
  /** Sends one message. */
  send(data: string): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
}

/** Starts to connect. */
export type WebSocketClass = new (
  url: string,
  protocols: string[],
  options?: object,
) => WebSocketLike;
