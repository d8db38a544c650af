import { checkNames, checkPositive, invalid } from "../util/checks.js";

/**
 * What a room shows of its members: who they are, how many, or nothing.
 *
 * @category Options
 */
export type PresenceVisibility = "members" | "count" | "none";

/**
 * What a room shows of its members, and how long it waits for one that lost the connection.
 *
 * @category Options
 */
export interface PresenceOptions {
  /** Default "members". */
  readonly show?: PresenceVisibility;
  /**
   * How long (ms) a user whose last connection broke stays a member, to reconnect. Default 0: the others are
   * told at once that the user left. Nobody waits for a guest, who would come back as somebody else.
   */
  readonly grace?: number;
}

/** The presence options of one room, with every default filled in. */
export type Visibility = Required<PresenceOptions>;

/** Fills in the defaults. Throws `INVALID_OPTION` with the option's name and the value. */
export function readPresenceOptions(given: PresenceVisibility | PresenceOptions): Visibility {
  if (typeof given === "string") return readPresenceOptions({ show: given });
  if (typeof given !== "object" || given === null) {
    throw invalid("presence", given, '"members", "count", "none" or an object');
  }
  checkNames(given, ["show", "grace"]);
  const { show = "members", grace = 0 } = given;
  if (!["members", "count", "none"].includes(show)) {
    throw invalid("presence", show, '"members", "count" or "none"');
  }
  if (grace !== 0) checkPositive("presence.grace", grace);
  return { show, grace };
}
