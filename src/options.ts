import type { Client } from "./client.js";
import {
  type HistoryOptions,
  type HistorySettings,
  type HistoryStore,
  readHistoryOptions,
} from "./history/history.js";
import { MemoryHistory } from "./history/memory-history.js";
import type { RateLimit } from "./inbound/rate-limit.js";
import type { HeartbeatOptions, User } from "./protocol/types.js";
import type { AuthorizedAction } from "./rooms/authorization.js";
import {
  type PresenceOptions,
  type PresenceVisibility,
  readPresenceOptions,
  type Visibility,
} from "./rooms/visibility.js";
import {
  checkCount,
  checkFunction,
  checkMethods,
  checkNames,
  checkPositive,
  checkSync,
  invalid,
  refusePromise,
} from "./util/checks.js";
import { type Clock, type SteadyClock, steady, systemClock } from "./util/clock.js";
import { defaultLogger, type Logger, readLogger } from "./util/logger.js";

/**
 * All options of a hub. Every one has a default.
 *
 * @category Options
 */
export interface HubOptions<U extends User = User, D = Record<string, unknown>> {
  /** The largest message a client may send, in bytes; larger ones close with 1009. Default 4096. */
  readonly maxMessageBytes?: number;
  /**
   * Bytes that may wait for a client's network. A client with more lags until it drains: room messages wait in
   * history, and of messages that must be queued as much again may wait. While half of it waits of answers to what
   * the client sent, its next messages wait. Default 1048576 (1 MiB).
   */
  readonly maxBufferedBytes?: number;
  /**
   * How long (ms) a client may lag before the connection closes with 4000, to reconnect. `false` for no limit.
   * Default 30000.
   */
  readonly lagTimeout?: number | false;
  /**
   * How much of a room's messages is kept, for clients that missed them: for all rooms alike, or by the
   * room's name. Default `false`: nothing.
   */
  readonly history?: HistoryOptions | false | ((roomId: string) => HistoryOptions | false);
  /** Where they are kept. Default: a `MemoryHistory` with its own defaults. */
  readonly historyStore?: HistoryStore;
  /**
   * What a room shows of its members, and how long it waits for one that lost the connection: for all rooms
   * alike, or by the room's name. Default "members".
   */
  readonly presence?:
    | PresenceVisibility
    | PresenceOptions
    | ((roomId: string) => PresenceVisibility | PresenceOptions);
  /**
   * Asked each time a client wants to join a room, or to send or type there. Only `true`, or a promise of it,
   * allows it; anything else is answered with `FORBIDDEN`, and what it throws as a handler's error is. What
   * the client sends next waits for the answer. By default everybody may.
   */
  readonly authorize?:
    | ((
        client: Client<U, D>,
        action: AuthorizedAction,
        roomId: string,
      ) => boolean | Promise<boolean>)
    | undefined;
  /** Most rooms a client may be in, or `false` for no limit. Default 100. */
  readonly maxRoomsPerClient?: number | false;
  /** How fast a client may send, or `false` for no limit. Default 100 a second, 200 at once. */
  readonly rateLimit?: RateLimit | false;
  /**
   * When a silent client is pinged, and when it is given up, or `false` for never. Default
   * `{ interval: 25000, timeout: 20000 }`.
   */
  readonly heartbeat?: HeartbeatOptions | false;
  /** How long (ms) a handler's promise may take, or `false` for no limit. Default 30000. */
  readonly handlerTimeout?: number | false;
  /**
   * Most handlers of one client whose promises may be pending when a turn of the event loop ends, or `false` for
   * no limit. Above, what it sends is answered with `RATE_LIMITED`, and its handler does not run. Default 100.
   */
  readonly maxPendingHandlers?: number | false;
  /** Where to log. By default warnings, and errors that have no `error` listener, reach the console. */
  readonly logger?: Logger;
  /** The source of time; tests pass a `VirtualClock`. Default: the runtime's own. */
  readonly clock?: Clock;
}

/**
 * The limits of a hub, as its options of the same names say.
 *
 * @category Options
 */
export type HubLimits = Pick<
  Required<HubOptions>,
  "maxMessageBytes" | "maxBufferedBytes" | "lagTimeout"
> & {
  /** When a silent client is pinged, and given up; `false` for never. */
  readonly heartbeat:
    | {
        /** Silence (ms) after which the peer is pinged. */
        readonly interval: number;
        /** How long (ms) an unanswered ping may take. */
        readonly timeout: number;
      }
    | false;
};

/** The options with every default filled in. */
export type Settings<U extends User = User, D = Record<string, unknown>> = Omit<
  Required<HubOptions<U, D>>,
  "authorize" | "clock" | "history" | "presence" | "heartbeat"
> & {
  readonly clock: SteadyClock;
  readonly authorize: HubOptions<U, D>["authorize"];
  readonly history: (roomId: string) => HistorySettings | false;
  readonly presence: (roomId: string) => Visibility;
  readonly heartbeat: HubLimits["heartbeat"];
};

const DEFAULTS = {
  maxMessageBytes: 4096,
  maxBufferedBytes: 1_048_576,
  lagTimeout: 30_000,
  history: false,
  historyStore: undefined,
  presence: "members",
  authorize: undefined,
  maxRoomsPerClient: 100,
  rateLimit: { perSecond: 100, burst: 200 },
  heartbeat: {},
  handlerTimeout: 30_000,
  maxPendingHandlers: 100,
  logger: defaultLogger,
  clock: systemClock,
};

/** Fills in the defaults. Throws `INVALID_OPTION` with the option's name and the value. */
export function readOptions<U extends User, D>(options: HubOptions<U, D>): Settings<U, D> {
  checkNames(options, Object.keys(DEFAULTS));
  const settings: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) settings[name] = value;
  }
  const result = settings as unknown as Required<HubOptions<U, D>>;

  checkCount("maxMessageBytes", result.maxMessageBytes);
  checkCount("maxBufferedBytes", result.maxBufferedBytes);
  if (result.lagTimeout !== false) checkPositive("lagTimeout", result.lagTimeout);
  if (result.maxRoomsPerClient !== false) checkCount("maxRoomsPerClient", result.maxRoomsPerClient);
  if (result.rateLimit !== false) {
    checkPositive("rateLimit.perSecond", result.rateLimit?.perSecond);
    checkCount("rateLimit.burst", result.rateLimit?.burst);
  }
  if (result.handlerTimeout !== false) checkPositive("handlerTimeout", result.handlerTimeout);
  if (result.maxPendingHandlers !== false) {
    checkCount("maxPendingHandlers", result.maxPendingHandlers);
  }
  if (result.authorize !== undefined) checkFunction("authorize", result.authorize);
  checkMethods("clock", result.clock, ["now", "setImmediate", "setTimeout", "clearTimeout"]);
  const { heartbeat, history, presence } = result;
  const clock = steady(result.clock);
  const historyStore = result.historyStore ?? new MemoryHistory({ clock });
  checkMethods("historyStore", historyStore, ["open", "close"]);
  return {
    ...result,
    // A copy: the application may go on changing its own.
    rateLimit: result.rateLimit && { ...result.rateLimit },
    clock,
    historyStore,
    logger: readLogger(result.logger),
    heartbeat: readHeartbeat(heartbeat),
    history: byRoom("history", history, readHistoryOptions),
    presence: byRoom("presence", presence, readPresenceOptions),
  };
}

function readHeartbeat(given: HeartbeatOptions | false): Settings["heartbeat"] {
  if (given === false) return false;
  if (typeof given !== "object" || given === null) {
    throw invalid("heartbeat", given, "{ interval, timeout } or false");
  }
  const { interval = 25_000, timeout = 20_000 } = given;
  checkNames(given, ["interval", "timeout"]);
  checkPositive("heartbeat.interval", interval);
  checkPositive("heartbeat.timeout", timeout);
  return { interval, timeout };
}

/** An option that is the same for all rooms, or given by name, as a function of the name. */
function byRoom<Given, Read>(
  name: string,
  option: Given | ((roomId: string) => Given),
  read: (given: Given) => Read,
): (roomId: string) => Read {
  if (typeof option === "function") {
    checkSync(name, option);
    return (roomId) => {
      const given = (option as (roomId: string) => Given)(roomId);
      refusePromise(name, given);
      return read(given);
    };
  }
  const same = read(option);
  return () => same;
}
