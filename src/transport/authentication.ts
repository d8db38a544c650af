import { type LocalErrorCode, RoomcastError } from "../protocol/errors.js";
import type { User } from "../protocol/types.js";
import { TIMED_OUT } from "../util/timeout.js";

/** What an answer of `authenticate` means. */
export type Outcome<U extends User> =
  | { readonly kind: "user"; readonly user: U }
  /** The application's decision: this user may not connect. */
  | { readonly kind: "refused"; readonly status: 401 | 403; readonly cause: unknown }
  /** The application could not decide. */
  | {
      readonly kind: "outage";
      readonly code: LocalErrorCode;
      readonly text: string;
      readonly cause: unknown;
    };

/** What `authenticate` returned, or its promise resolved to. */
export function outcomeOf<U extends User>(answer: unknown, timeout: number): Outcome<U> {
  if (answer === TIMED_OUT) {
    const text = `authenticate did not settle in ${timeout} ms.`;
    return { kind: "outage", code: "HANDLER_TIMEOUT", text, cause: undefined };
  }
  if (answer === undefined || answer === null || answer === false) {
    return { kind: "refused", status: 401, cause: undefined };
  }
  const fault = faultOf(answer);
  if (fault === undefined) return { kind: "user", user: answer as U };
  const text = `authenticate returned ${show(answer)}: ${fault}.`;
  return { kind: "outage", code: "HANDLER_FAILED", text, cause: undefined };
}

/** What `authenticate` threw, or rejected with: a decision by its `code`, else an outage. */
export function outcomeOfError(cause: unknown): Outcome<never> {
  const code = propertyOf(cause, "code");
  if (code === "UNAUTHORIZED") return { kind: "refused", status: 401, cause };
  if (code === "FORBIDDEN") return { kind: "refused", status: 403, cause };
  const hint = isTokenError(cause)
    ? ' To refuse a bad token with 401, catch this error and throw new RoomcastError("UNAUTHORIZED", …).'
    : "";
  const text = `authenticate threw ${nameOf(cause)}.${hint}`;
  return { kind: "outage", code: "HANDLER_FAILED", text, cause };
}

/** @throws RoomcastError `INVALID_OPTION` for what is no user, and says why. */
export function checkUser(user: unknown): void {
  const fault = faultOf(user);
  if (fault === undefined) return;
  throw new RoomcastError("INVALID_OPTION", `user is ${show(user)}: ${fault}.`);
}

/** Why a value is no user; undefined if it is one. */
function faultOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return "it must be an object { id, name }";
  const { id, name } = value as { id?: unknown; name?: unknown };
  if (typeof id === "number" || typeof id === "bigint") {
    return "id must be a string; write String(id)";
  }
  if (typeof id !== "string") return "id must be a string";
  if (id === "") return "id must not be empty";
  if (name === undefined || name === null) return "name is missing; it must be a string";
  return typeof name === "string" ? undefined : "name must be a string";
}

/** A value as an error's text has it. Of an object only `id`, `name` and the types: the rest may be secret. */
function show(value: unknown): string {
  if (typeof value === "string") return "a string";
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  if (value === null) return "null";
  if (typeof value !== "object") return `${typeof value} ${String(value)}`;
  const shown = ["id", "name"]
    .filter((key) => key in value)
    .map((key) => `${key}: ${showField(Reflect.get(value, key))}`);
  return shown.length === 0 ? "an object" : `{ ${shown.join(", ")} }`;
}

function showField(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** Whether an error is one with which jose or jsonwebtoken refuse a token. */
function isTokenError(cause: unknown): boolean {
  const code = String(propertyOf(cause, "code"));
  return (
    /^ERR_(JWT|JWS|JWE)_|^ERR_JWKS_NO_MATCHING_KEY$/.test(code) ||
    ["JsonWebTokenError", "TokenExpiredError", "NotBeforeError"].includes(
      String(propertyOf(cause, "name")),
    )
  );
}

/** An error by its name; its message is in the event's `cause`. */
function nameOf(cause: unknown): string {
  const name = propertyOf(cause, "name");
  return typeof name === "string" && name !== "" ? name : "something that is no error";
}

function propertyOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
