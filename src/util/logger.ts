/** Anything that logs: `console`, pino, winston. */
export interface Logger {
  /** What helps to find a fault. */
  debug(...data: unknown[]): void;
  /** What happens every day. */
  info(...data: unknown[]): void;
  /** What should not happen, and did no harm. */
  warn(...data: unknown[]): void;
  /** What failed. */
  error(...data: unknown[]): void;
}

const nothing = () => {};

/** Says nothing, but for errors that nobody else hears of. */
export const defaultLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: (...data) => console.error(...data),
};
