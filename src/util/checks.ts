import { RoomcastError } from "../protocol/errors.js";
import { isPromiseLike } from "./promises.js";

/** Rejects unknown option names, so that a typo is not ignored. */
export function checkNames(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new RoomcastError(
      "INVALID_OPTION",
      `Unknown option "${name}". Options: ${known.join(", ")}.`,
    );
  }
}

/** A whole number from `least` up. */
export function checkCount(name: string, value: unknown, least = 1): void {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw invalid(name, value, `a whole number from ${least} up`);
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

/** A function. */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== "function") throw invalid(name, value, "a function");
}

/** A function whose answer is used at once: an async one answers with a promise. */
export function checkSync(name: string, value: unknown): void {
  checkFunction(name, value);
  if (Object.prototype.toString.call(value) === "[object AsyncFunction]") {
    throw invalid(name, "an async function", "a function that answers at once, without a promise");
  }
}

/** An object with certain methods, whose answers are used at once. */
export function checkMethods(name: string, value: unknown, methods: readonly string[]): void {
  for (const method of methods) {
    const found = (value as Record<string, unknown> | null | undefined)?.[method];
    checkSync(`${name}.${method}`, found);
  }
}

/** An answer of a function that may not answer with a promise: one would pass for anything. */
export function refusePromise(name: string, answer: unknown): void {
  if (!isPromiseLike(answer)) return;
  answer.then(undefined, () => {}); // The error below is about the promise itself.
  throw invalid(name, "a promise", "a function that answers at once");
}

/** The error for an option with a value that cannot work. */
export function invalid(name: string, value: unknown, rule: string): RoomcastError {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new RoomcastError("INVALID_OPTION", `${name} must be ${rule}; got ${shown}.`);
}
