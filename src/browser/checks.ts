import { ConnectionError } from "./errors.js";

/** The options that there are: a number is a default, a text the type of a value, an object has options itself. */
export interface Shape {
  readonly [name: string]: number | string | Shape;
}

/** The error of an option or argument that cannot work. */
export function invalid(name: string, rule: string, value: unknown): ConnectionError {
  return new ConnectionError("INVALID_OPTION", `${name} must be ${rule}; got ${String(value)}.`);
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

/** Checks options, and completes them with their defaults. Undefined stands for the default. */
export function complete(shape: Shape, given: object, path = ""): object {
  const result: Record<string, unknown> = {};
  for (const key in { ...shape, ...given }) {
    const rule = shape[key];
    const type = typeof rule;
    const name = path + key;
    const { [key]: value = type === "string" ? undefined : rule } = given as Record<
      string,
      unknown
    >;
    if (!rule) {
      throw new ConnectionError(
        "INVALID_OPTION",
        `Unknown option "${name}". Options: ${Object.keys(shape).join(", ")}.`,
      );
    }
    if (type === "number") checkNumber(name, value, +(key !== "messages"));
    else if (type === "string" && value !== undefined && typeof value !== rule) {
      throw invalid(name, `of type ${rule}`, value);
    }
    result[key] = type === "object" ? complete(rule as Shape, value as object, `${name}.`) : value;
  }
  return result;
}
