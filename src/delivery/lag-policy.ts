import { invalid } from "../util/checks.js";

/**
 * What happens to a message whose client lags, that is, reads nothing for the moment.
 *
 * - `"queue"`: a room's message is caught up later, or the client is told of the gap. One that concerns no
 *   room waits for the client, up to `maxBufferedBytes` more; then the connection closes with 4000.
 * - `"drop"`: the client does not get it.
 * - `{ latest: key }`: of all messages with that key the client gets the newest, once it has caught up.
 *   For values that replace each other: cursors, prices.
 *
 * @category Options
 */
export type LagPolicy =
  | "queue"
  | "drop"
  | {
      /** Messages with the same key replace each other. */
      readonly latest: string;
    };

/**
 * The same with what the hub alone can ask for:
 *
 * - `"replay"`: the message has a position; it is withheld, and caught up from history.
 * - `"skip"`: tells that the client was left out of such a message; withheld with its neighbours.
 * - `"resync"`: who comes and goes; it is dropped, and `room_info` follows once the client has caught up.
 */
export type MessagePolicy = LagPolicy | "replay" | "skip" | "resync";

/** @throws RoomcastError `INVALID_OPTION` for anything but a lag policy. */
export function checkLagPolicy(policy: unknown): asserts policy is LagPolicy {
  if (policy === "queue" || policy === "drop") return;
  const key = (policy as { latest?: unknown } | null | undefined)?.latest;
  if (typeof key !== "string") {
    throw invalid("policy", policy, '"queue", "drop" or { latest: key }');
  }
}
