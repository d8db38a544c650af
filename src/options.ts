import type { Client } from "./client.js";
import type { HistoryLimits, HistoryOptions, HistoryStore } from "./history/history.js";
import { readHistory } from "./history/limits.js";
import { MemoryHistory } from "./history/memory-history.js";
import type { RateLimit } from "./inbound/rate-limit.js";
import type { User } from "./protocol/types.js";
import type { Action } from "./rooms/membership.js";
import { type PresenceOptions, readPresence, type Shown } from "./rooms/presence.js";
import { checkCount, checkMethods, checkNames, checkPositive, invalid } from "./util/checks.js";
import { type Clock, systemClock } from "./util/clock.js";
import { defaultLogger, type Logger } from "./util/logger.js";

/** When a silent connection is asked, and when it is given up. */
export interface HeartbeatOptions {
  /** Milliseconds of silence after which a client is pinged. */
  readonly interval: number;
  /** Milliseconds of silence after which it counts as dead. More than `interval`. */
  readonly timeout: number;
}

/** All options of a hub. Every one has a default. */
export interface HubOptions<U extends User = User, D = Record<string, unknown>> {
  /** The largest message a client may send, in bytes; larger ones close with 1009. Default 4096. */
  readonly maxMessageBytes?: number;
  /** A client with more bytes waiting for its network lags until it drains: room messages wait in history,
   * and of what else must be queued as much again may wait. Default 1048576 (1 MiB). */
  readonly maxBufferedBytes?: number;
  /** Milliseconds that a client may lag; then the connection closes with 4000, to come back. `false` for
   * as long as it takes. Default 30000. */
  readonly lagTimeout?: number | false;
  /** How much of what is said in rooms is kept, for those who missed it: for all rooms alike, or by the
   * room's name. Default `false`: nothing. */
  readonly history?: HistoryOptions | false | ((roomId: string) => HistoryOptions | false);
  /** Where it is kept. Default: a `MemoryHistory` with its own defaults. */
  readonly historyStore?: HistoryStore;
  /** What is shown of who is in a room, and how long a member is waited for that lost the connection: for
   * all rooms alike, or by the room's name. Default "members". */
  readonly presence?: Shown | PresenceOptions | ((roomId: string) => Shown | PresenceOptions);
  /** Asked each time that a client wants to join a room, or to send or type there. Only `true`, or a
   * promise of it, lets it; anything else is answered with `FORBIDDEN`, what it throws as a handler's
   * error is. What the client sends next waits for the answer. By default everybody may. */
  readonly authorize?:
    | ((client: Client<U, D>, action: Action, roomId: string) => boolean | Promise<boolean>)
    | undefined;
  /** How many rooms a client may be in, or `false` for no limit. Default 100. */
  readonly maxRoomsPerClient?: number | false;
  /** How fast a client may send, or `false` for no limit. Default 100 a second, 200 at once. */
  readonly rateLimit?: RateLimit | false;
  /** When to ping and when to give up, or `false` for never. Default 54 s and 60 s. */
  readonly heartbeat?: HeartbeatOptions | false;
  /** Milliseconds that a handler's promise may take, or `false` for no limit. Default 30000. */
  readonly handlerTimeout?: number | false;
  /** Where to log. By default only errors that have no `error` listener reach the console. */
  readonly logger?: Logger;
  /** Where time comes from; tests pass a `VirtualClock`. Default: the runtime's own. */
  readonly clock?: Clock;
}

/** The options with every default filled in. @internal */
export type Settings<U extends User = User, D = Record<string, unknown>> = Omit<
  Required<HubOptions<U, D>>,
  "history" | "presence"
> & {
  readonly history: (roomId: string) => HistoryLimits | false;
  readonly presence: (roomId: string) => Required<PresenceOptions>;
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
  heartbeat: { interval: 54_000, timeout: 60_000 },
  handlerTimeout: 30_000,
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
  if (result.heartbeat !== false) {
    checkPositive("heartbeat.interval", result.heartbeat?.interval);
    checkPositive("heartbeat.timeout", result.heartbeat?.timeout);
    if (result.heartbeat.timeout <= result.heartbeat.interval) {
      throw invalid("heartbeat.timeout", result.heartbeat.timeout, "more than heartbeat.interval");
    }
  }
  if (result.handlerTimeout !== false) checkPositive("handlerTimeout", result.handlerTimeout);
  if (result.authorize !== undefined && typeof result.authorize !== "function") {
    throw invalid("authorize", result.authorize, "a function");
  }
  checkMethods("logger", result.logger, ["debug", "info", "warn", "error"]);
  checkMethods("clock", result.clock, ["now", "setImmediate", "setTimeout", "clearTimeout"]);
  const { clock, history, presence } = result;
  const historyStore = result.historyStore ?? new MemoryHistory({ clock });
  checkMethods("historyStore", historyStore, ["open", "close"]);
  return {
    ...result,
    historyStore,
    history: byRoom(history, readHistory),
    presence: byRoom(presence, readPresence),
  };
}

/** An option that is for all rooms alike, or by name, as a function of the name. */
function byRoom<Given, Read>(
  option: Given | ((roomId: string) => Given),
  read: (given: Given) => Read,
): (roomId: string) => Read {
  if (typeof option === "function") {
    return (roomId) => read((option as (roomId: string) => Given)(roomId));
  }
  const same = read(option);
  return () => same;
}
