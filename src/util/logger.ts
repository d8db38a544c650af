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

/** Logs errors to the console, and nothing else. */
export const defaultLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: (...data) => console.error(...data),
};
