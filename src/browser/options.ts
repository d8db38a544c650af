import type { HeartbeatOptions } from "../protocol/types.js";
import type { BackoffOptions } from "./backoff.js";
import { complete } from "./checks.js";
import type { QueueOptions } from "./pending-requests.js";
import type { Timers } from "./timers.js";
import type { WebSocketLike } from "./web-socket.js";

/**
 * Options of `connect`. Every one has a default.
 *
 * @category Options
 */
export interface ConnectOptions {
  /**
   * Returns the token of the user. Called for each attempt to connect, and sent as `?token=`. If it
   * throws, returns anything but a string or undefined, or takes longer than 20 seconds, the attempt
   * failed and the next one follows; with an error whose `code` is "FORBIDDEN" the connection closes for
   * good.
   */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** Subprotocols to offer. */
  readonly protocols?: readonly string[] | undefined;
  /** How long (ms) the answer to a request may take. Default 10000. */
  readonly timeout?: number | undefined;
  /** Bounds of the requests that wait for the connection. */
  readonly queue?: QueueOptions | undefined;
  /** How long to wait between attempts to connect. */
  readonly backoff?: BackoffOptions | undefined;
  /** When a silent server is pinged, and when it is given up. Default `{ interval: 25000, timeout: 20000 }`. */
  readonly heartbeat?: HeartbeatOptions | undefined;
  /** WebSocket class. Needed if the runtime has none, as Node 20. */
  readonly WebSocket?:
    | {
        /** Starts to connect. */
        new (url: string, protocols: string[]): WebSocketLike;
      }
    | undefined;
  /** Clock and timers, for tests. */
  readonly clock?: Timers | undefined;
  /** Returns a number from 0 up to 1 for the jitter, for tests. */
  readonly random?: (() => number) | undefined;
}

/** The options that there are, with their defaults. */
const OPTIONS = {
  token: "function",
  protocols: "object",
  timeout: 10_000,
  queue: { messages: 100, maxAge: 30_000 },
  backoff: { min: 500, max: 20_000 },
  heartbeat: { interval: 25_000, timeout: 20_000 },
  WebSocket: "function",
  clock: "object",
  random: "function",
} as const;

type Defaults = "timeout" | "queue" | "backoff" | "heartbeat";

/** Checked options, complete where there is a default. */
export type Settings = Omit<ConnectOptions, Defaults> & {
  readonly [N in Defaults]: (typeof OPTIONS)[N] extends number
    ? number
    : { readonly [M in keyof (typeof OPTIONS)[N]]: number };
};

/** Checks the options of `connect`. */
export function settle(options: ConnectOptions): Settings {
  return complete(OPTIONS, options) as Settings;
}
