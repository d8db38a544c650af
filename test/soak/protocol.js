import { readFileSync } from "node:fs";

const page = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");

/** What docs/protocol.md promises, read from the page itself: no promise, no such answer. */
export const errorCodes = new Set(
  rows("Errors").flatMap((row) => /^`([A-Z_]+)`/.exec(row)?.[1] ?? []),
);

/** What a WebSocket itself answers to malformed frames and to text that is not UTF-8 (RFC 6455, 7.4.1). */
const FRAMING_CODES = [1002, 1007];

const ranges = rows("Closing").flatMap((row) => {
  const [, first, last = first] = /^(\d{4})(?:–(\d{4}))?/.exec(row) ?? [];
  return first === undefined ? [] : [[Number(first), Number(last)]];
});

/** Whether a connection may end with that code. */
export function isKnownClose(code) {
  return FRAMING_CODES.includes(code) || ranges.some(([from, to]) => code >= from && code <= to);
}

/** Which message answers which (docs/protocol.md, "From client to server"), if it is no error. */
export const answers = {
  join_room: "room_info",
  leave_room: "ack",
  send_message: "ack",
  typing: "ack",
  stop_typing: "ack",
  online_users: "online_users",
  ping: "pong",
};

/** The largest message, in bytes, and the longest name, in UTF-16 code units. */
export const MAX_BYTES = 4096;
const MAX_NAME = 128;

export function isName(value) {
  return typeof value === "string" && value.length > 0 && value.length <= MAX_NAME;
}

/** The table rows of one section, without the bar in front. */
function rows(section) {
  const start = page.indexOf(`\n## ${section}\n`);
  if (start < 0) throw new Error(`docs/protocol.md has no section "${section}".`);
  const end = page.indexOf("\n## ", start + 1);
  const lines = page.slice(start, end < 0 ? undefined : end).split("\n");
  return lines.filter((line) => line.startsWith("| ")).map((line) => line.slice(2));
}
