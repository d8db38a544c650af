import { isName, NAME_RULE } from "../protocol/envelope.js";
import { invalid } from "../util/checks.js";

/**
 * What becomes of a message where its client lags, that is, takes nothing for the moment.
 *
 * - `"queue"`: a room's message is caught up later, or the client is told of the gap. One that concerns no
 *   room waits for the client, up to `maxBufferedBytes` more; then the connection closes with 4000.
 * - `"drop"`: the client does not get it.
 * - `{ latest: key }`: of all messages of that key the client gets the newest, when it has caught up.
 *   For what replaces what came before: cursors, prices.
 */
export type Policy =
  | "queue"
  | "drop"
  | {
      /** What it is the newest of. */
      readonly latest: string;
    };

/** What the protocol says itself, and what the remote end emits beside messages. */
const RESERVED: ReadonlySet<string> = new Set([
  ...["ack", "error", "room_info", "gap", "skipped", "removed", "reconnect"],
  ...["user_joined", "user_left", "user_reconnecting", "user_returned"],
  ...["user_updated", "user_count", "members", "left", "status"],
]);

/** @throws RoomcastError `INVALID_OPTION` for a type that an application cannot send. */
export function checkType(type: unknown): void {
  if (!isName(type)) throw invalid("type", type, NAME_RULE);
  if (RESERVED.has(type)) throw invalid("type", type, "none of the protocol's own");
}

/** @throws RoomcastError `INVALID_OPTION` for what is no policy. */
export function checkPolicy(policy: unknown): asserts policy is Policy {
  if (policy === "queue" || policy === "drop") return;
  const key = (policy as { latest?: unknown } | null | undefined)?.latest;
  if (typeof key !== "string") {
    throw invalid("policy", policy, '"queue", "drop" or { latest: key }');
  }
}
