import { type Clock, systemClock } from "./clock.js";
import type { RateLimit } from "./limits/rate.js";
import { defaultLogger, type Logger } from "./logger.js";
import { RoomcastError } from "./protocol/errors.js";

/** When a silent connection is asked, and when it is given up. */
export interface HeartbeatOptions {
  /** Milliseconds of silence after which a client is pinged. */
  readonly interval: number;
  /** Milliseconds of silence after which it counts as dead. More than `interval`. */
  readonly timeout: number;
}

/** All options of a hub. Every one has a default. */
export interface HubOptions {
  /** The largest message a client may send, in bytes; larger ones close with 1009. Default 4096. */
  readonly maxMessageBytes?: number;
  /** A client with more bytes waiting for its network is slow: it is not sent to until it drains, and
   * `drop` says what it lost. Default 1048576 (1 MiB). */
  readonly maxBufferedBytes?: number;
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
export type Settings = Required<HubOptions>;

const DEFAULTS: Settings = {
  maxMessageBytes: 4096,
  maxBufferedBytes: 1_048_576,
  maxRoomsPerClient: 100,
  rateLimit: { perSecond: 100, burst: 200 },
  heartbeat: { interval: 54_000, timeout: 60_000 },
  handlerTimeout: 30_000,
  logger: defaultLogger,
  clock: systemClock,
};

/** Fills in the defaults. Throws `INVALID_OPTION` with the option's name and the value. */
export function readOptions(options: HubOptions): Settings {
  checkNames(options, Object.keys(DEFAULTS));
  const settings: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) settings[name] = value;
  }
  const result = settings as unknown as Settings;

  checkCount("maxMessageBytes", result.maxMessageBytes);
  checkCount("maxBufferedBytes", result.maxBufferedBytes);
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
  checkMethods("logger", result.logger, ["debug", "info", "warn", "error"]);
  checkMethods("clock", result.clock, ["now", "setImmediate", "setTimeout", "clearTimeout"]);
  return result;
}

/** A misspelt option is no option: it would be left out in silence. */
export function checkNames(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new RoomcastError(
      "INVALID_OPTION",
      `${name} is no option; there are ${known.join(", ")}.`,
    );
  }
}

/** A whole number from 1 up. */
export function checkCount(name: string, value: unknown): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw invalid(name, value, "a whole number from 1 up");
  }
}

/** A close code that may be sent (RFC 6455, 7.4). */
export function checkCloseCode(code: unknown): void {
  const isRegistered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  const isPrivate = Number.isInteger(code) && (code as number) >= 3_000 && (code as number) < 5_000;
  if (!isPrivate && !isRegistered.includes(code as number)) {
    throw invalid("code", code, "a close code that may be sent: 1000, or 3000 to 4999");
  }
}

/** A number above 0. */
export function checkPositive(name: string, value: unknown): void {
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
    throw invalid(name, value, "a number above 0");
  }
}

function checkMethods(name: string, value: unknown, methods: readonly string[]): void {
  for (const method of methods) {
    if (typeof (value as Record<string, unknown> | null)?.[method] !== "function") {
      throw invalid(
        `${name}.${method}`,
        (value as Record<string, unknown> | null)?.[method],
        "a function",
      );
    }
  }
}

/** The error for an option with a value that cannot work. */
export function invalid(name: string, value: unknown, rule: string): RoomcastError {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new RoomcastError("INVALID_OPTION", `${name} must be ${rule}; got ${shown}.`);
}
