import type { HeartbeatOptions } from "../protocol/types.js";
import type { BackoffOptions } from "./backoff.js";
import type { QueueOptions } from "./pending-requests.js";
import type { WebSocketLike } from "./reconnecting-socket.js";
import type { Timers } from "./timers.js";

/** Options of `connect`. Every one has a default. */
export interface ConnectOptions {
  /**
   * Returns the token of the user. Called for each attempt to connect, and sent as `?token=`. If it
   * throws, the attempt failed and the next one follows; with the `code` "FORBIDDEN" the connection
   * closes for good.
   */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Subprotocols to offer. */
  readonly protocols?: readonly string[];
  /** How long (ms) the answer to a request may take. Default 10000. */
  readonly timeout?: number;
  /** Bounds of the requests that wait for the connection. */
  readonly queue?: QueueOptions;
  /** How long to wait between attempts to connect. */
  readonly backoff?: BackoffOptions;
  /** When a silent server is pinged, and when it is given up. Default `{ interval: 25000, timeout: 20000 }`. */
  readonly heartbeat?: HeartbeatOptions;
  /** WebSocket class. Needed if the runtime has none, as Node 20. */
  readonly WebSocket?: {
    /** Starts to connect. */
    new (url: string, protocols: string[], options?: object): WebSocketLike;
  };
  /** Clock and timers, for tests. */
  readonly clock?: Timers;
  /** Returns a number from 0 up to 1 for the jitter, for tests. */
  readonly random?: () => number;
}
