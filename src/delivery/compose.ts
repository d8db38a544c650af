import { isName, NAME_RULE, senderOf } from "../protocol/envelope.js";
import { isReserved } from "../protocol/messages.js";
import type { User } from "../protocol/types.js";
import { invalid } from "../util/checks.js";
import { checkLagPolicy, type LagPolicy } from "./lag-policy.js";
import { Message } from "./message.js";

/** What a message has beside its type and payload. */
export interface ComposeOptions {
  readonly room?: string;
  readonly id?: string;
  /** Whose user is stamped on the message as `sender`. */
  readonly from?: { readonly identity: User } | undefined;
  /** Default "queue". */
  readonly policy?: LagPolicy | undefined;
}

/**
 * A message of the application's that has no position.
 *
 * @throws RoomcastError `INVALID_OPTION` for a type or policy that cannot be used; TypeError if `payload`
 * cannot be written as JSON.
 */
export function compose(
  timestamp: string,
  type: string,
  payload: unknown,
  { room, id, from, policy = "queue" }: ComposeOptions = {},
): Message {
  checkType(type);
  checkLagPolicy(policy);
  return new Message({ type, room, payload, id, sender: senderOf(from), timestamp }, policy);
}

/** @throws RoomcastError `INVALID_OPTION` for a type that an application cannot send. */
export function checkType(type: unknown): asserts type is string {
  if (!isName(type)) throw invalid("type", type, NAME_RULE);
  if (isReserved(type)) throw invalid("type", type, "a type that the protocol does not reserve");
}
