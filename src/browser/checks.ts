import { ConnectionError } from "./errors.js";

/** The options that there are: a number is a default, a text the type of a value, an object has options itself. */
export interface Shape {
  readonly [name: string]: number | string | Shape;
}

/** The error of an option or argument that cannot work. */
export function invalid(name: string, rule: string, value: unknown): ConnectionError {
  return new ConnectionError("INVALID_OPTION", `${name} must be ${rule}; got ${String(value)}.`);
}

/** Checks a time (ms) that a timer can wait, or a number of things. */
export function checkNumber(name: string, value: unknown, least = 1): void {
  if (typeof value === "number" && value >= least && value < 2 ** 31) return;
  throw invalid(name, `a number from ${least} to ${2 ** 31 - 1}`, value);
}

/** Length (bytes) of a text in UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Checks options, and completes them with their defaults. Undefined stands for the default. */
export function complete(shape: Shape, options: object, path = ""): object {
  const given = options as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const key in { ...shape, ...given }) {
    const expected = shape[key];
    const name = path + key;
    if (!expected) {
      const text = `Unknown option "${name}". Options: ${Object.keys(shape).join(", ")}.`;
      throw new ConnectionError("INVALID_OPTION", text);
    }
    const type = typeof expected;
    const { [key]: value = type === "string" ? undefined : expected } = given;
    result[key] = value;
    if (type === "object") result[key] = complete(expected as Shape, value as object, `${name}.`);
    else if (type === "number") checkNumber(name, value, key === "messages" ? 0 : 1);
    else if (value !== undefined && typeof value !== expected) {
      throw invalid(name, `of type ${expected}`, value);
    }
  }
  return result;
}
