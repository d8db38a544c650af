import type { BackoffOptions } from "./backoff.js";
import type { LivenessOptions, WebSocketLike } from "./line.js";
import type { QueueOptions } from "./requests.js";
import type { Timers } from "./timers.js";

/** How to connect. Every option has a default. */
export interface ConnectOptions {
  /**
   * Says who one is; called anew for each attempt, and sent as `?token=`. If it throws, the attempt has
   * failed and the next one follows; if what it throws has the `code` "FORBIDDEN", none does.
   */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Subprotocols to offer. */
  readonly protocols?: readonly string[];
  /** Milliseconds that the answer to a request may take. Default 10000. */
  readonly timeout?: number;
  /** How much may wait while the line is down. */
  readonly queue?: QueueOptions;
  /** How long to wait between attempts. */
  readonly backoff?: BackoffOptions;
  /** When a silent line is asked, and when it is given up. */
  readonly liveness?: LivenessOptions;
  /** The WebSocket to use; needed where the runtime has none, as in Node 20. */
  readonly WebSocket?: {
    /** Starts to connect. */
    new (url: string, protocols: string[], options?: object): WebSocketLike;
  };
  /** Where time comes from; for tests. */
  readonly clock?: Timers;
  /** A number from 0 up to 1, for the jitter; for tests. */
  readonly random?: () => number;
}
