import { ConnectionError, type ConnectionErrorCode } from "./errors.js";

/** The error of an option or argument that cannot work. */
export function invalid(
  name: string,
  rule: string,
  value: unknown,
  code: ConnectionErrorCode | "INVALID_PAYLOAD" = "INVALID_OPTION",
): ConnectionError {
  return new ConnectionError(code, `${name} must be ${rule}; got ${String(value)}.`);
}

/** Checks a number: by default a time (ms) that a timer can wait. */
export function checkNumber(name: string, value: unknown, least = 1, most = 2 ** 31 - 1): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  throw invalid(name, `a number from ${least} to ${most}`, value);
}

/** Length (bytes) of a text in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
