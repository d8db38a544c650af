import { checkCount, checkNames, checkPositive, invalid } from "../util/checks.js";
import type { HistoryLimits, HistoryOptions } from "./history.js";

/** Fills in the defaults. Throws `INVALID_OPTION` with the option's name and the value. */
export function readHistory(given: HistoryOptions | false): HistoryLimits | false {
  if (given === false) return false;
  if (typeof given !== "object" || given === null) {
    throw invalid("history", given, "an object or false");
  }
  const { messages = 100, bytes = 262_144, ttl = 300_000 } = given;
  checkNames(given, ["messages", "bytes", "ttl"]);
  checkCount("history.messages", messages);
  checkCount("history.bytes", bytes);
  checkPositive("history.ttl", ttl);
  return { messages, bytes, ttl };
}
