import type { HeartbeatOptions } from "../protocol/types.js";
import type { BackoffOptions } from "./backoff.js";
import { checkNumber, invalid } from "./checks.js";
import { ConnectionError } from "./errors.js";
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

/** The options that there are: a number is a default, a text the type of a value, an object has options itself. */
interface Shape {
  readonly [name: string]: number | string | Shape;
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

/** Checks the options of `connect`, and completes them with their defaults. Undefined stands for the default. */
export function settle(given: object, shape: Shape = OPTIONS, path = ""): Settings {
  const result: Record<string, unknown> = {};
  for (const key in { ...shape, ...given }) {
    const rule = shape[key];
    const type = typeof rule;
    const name = path + key;
    const { [key]: value = type === "string" ? undefined : rule } = given as Record<
      string,
      unknown
    >;
    if (!rule) {
      throw new ConnectionError(
        "INVALID_OPTION",
        `Unknown option "${name}". Options: ${Object.keys(shape).join(", ")}.`,
      );
    }
    if (type === "number") checkNumber(name, value, +(key !== "messages"));
    else if (type === "string" && value !== undefined && typeof value !== rule) {
      throw invalid(name, `of type ${rule}`, value);
    }
    result[key] = type === "object" ? settle(value as object, rule as Shape, `${name}.`) : value;
  }
  return result as unknown as Settings;
}
