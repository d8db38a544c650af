/** Anything that logs: `console`, pino, winston. */
export interface Logger {
  debug(...data: unknown[]): void;
  info(...data: unknown[]): void;
  warn(...data: unknown[]): void;
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
