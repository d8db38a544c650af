import { checkFunction } from "./checks.js";
import { isPromiseLike } from "./promises.js";

/**
 * Anything that logs: `console`, pino, winston.
 *
 * @category Options
 */
export interface Logger {
  /** Details for finding a fault. */
  debug(...data: unknown[]): void;
  /** Ordinary events. */
  info(...data: unknown[]): void;
  /** Unusual, and did no harm. */
  warn(...data: unknown[]): void;
  /** Failures. */
  error(...data: unknown[]): void;
}

const nothing = () => {};

/** Logs warnings and errors to the console, and nothing else. */
export const defaultLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: (...data) => console.warn(...data),
  error: (...data) => console.error(...data),
};

/**
 * A logger that does no harm where the application's throws, or is async and rejects: the console is told.
 *
 * @throws RoomcastError `INVALID_OPTION`, naming the method that is missing.
 */
export function readLogger(logger: Logger): Logger {
  const fail = (cause: unknown) => console.error("The logger failed.", cause);
  const guarded = (level: keyof Logger): Logger[typeof level] => {
    checkFunction(`logger.${level}`, (logger as Partial<Logger> | null)?.[level]);
    return (...data) => {
      try {
        const result: unknown = logger[level](...data);
        if (isPromiseLike(result)) result.then(undefined, fail);
      } catch (cause) {
        fail(cause);
      }
    };
  };
  return {
    debug: guarded("debug"),
    info: guarded("info"),
    warn: guarded("warn"),
    error: guarded("error"),
  };
}
