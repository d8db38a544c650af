import { RoomcastError } from "./errors.js";
import type { Envelope, User } from "./types.js";

/** The longest `type`, `id` and room name, in UTF-16 code units. */
const MAX_NAME_LENGTH = 128;

/** How deep a payload may nest. */
export const MAX_DEPTH = 64;

/** Writes an envelope as JSON text. Throws what `JSON.stringify` throws: cycles, BigInt. */
export function encodeEnvelope(envelope: Envelope): string {
  return JSON.stringify(envelope);
}

/**
 * Reads JSON text as an envelope. Fields that only a server sets are kept as they came: a server
 * ignores them, the other end trusts its server.
 *
 * @throws RoomcastError `INVALID_FORMAT` if it is not JSON, not an object, or has no usable `type` or
 * `id`; the error carries no `id` then, because there is none that could be trusted.
 */
export function decodeEnvelope(text: string): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RoomcastError("INVALID_FORMAT", "The message is not JSON.", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RoomcastError("INVALID_FORMAT", "The message is not a JSON object.");
  }
  const envelope = value as Envelope;
  if (!isName(envelope.type)) {
    throw new RoomcastError("INVALID_FORMAT", `"type" must be ${NAME_RULE}.`);
  }
  if (envelope.id !== undefined && !isName(envelope.id)) {
    throw new RoomcastError("INVALID_FORMAT", `"id" must be ${NAME_RULE}.`);
  }
  return envelope;
}

/** A client's user as a message's `sender`: what others are shown. */
export function senderOf(client: { readonly identity: User } | undefined): User | undefined {
  return client && { id: client.identity.id, name: client.identity.name };
}

/** Checks that a value can name a room. */
export function assertRoomId(value: unknown): asserts value is string {
  if (!isName(value)) {
    throw new RoomcastError("INVALID_PAYLOAD", `A room's name must be ${NAME_RULE}.`);
  }
}

/** Whether a JSON value nests deeper than `levels` arrays and objects. Recursion ends there too. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isDeeperThan(item, levels - 1)) return true;
    return false;
  }
  for (const key in value) {
    if (isDeeperThan((value as Record<string, unknown>)[key], levels - 1)) return true;
  }
  return false;
}

/** What {@link isName} asks for, in words. */
export const NAME_RULE = `a string of 1 to ${MAX_NAME_LENGTH} characters`;

/** Whether a value can be a `type`, an `id`, or a room's name. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_NAME_LENGTH;
}
