import { RoomcastError } from "../protocol/errors.js";
import { invalid } from "../util/checks.js";
import type { Logger } from "../util/logger.js";
import type { Handshake } from "./handshake.js";

/**
 * The pages that may connect: those of the host that is connected to (`"same"`), those of a list of origins
 * (`["https://example.org"]`), all (`"all"`), or those for which a function returns `true`, or a promise of
 * it. Programs other than browsers send no origin and may always connect.
 *
 * @category Options
 */
export type Origins =
  | "same"
  | "all"
  | readonly string[]
  | ((origin: string, handshake: Handshake) => boolean | Promise<boolean>);

/** What decides on an origin. Anything but `true`, or a promise of it, is a no. */
export type OriginRule = (origin: string, handshake: Handshake) => unknown;

/** @throws RoomcastError `INVALID_OPTION`, naming an entry that no page's origin can equal. */
export function readOrigins(origins: Origins): OriginRule {
  if (origins === "all") return () => true;
  if (origins === "same") return isSame;
  if (typeof origins === "function") return origins;
  if (!Array.isArray(origins)) {
    throw invalid("origins", origins, '"same", a list of origins, a function or "all"');
  }
  if (origins.length === 0) {
    throw new RoomcastError(
      "INVALID_OPTION",
      "origins must not be an empty list: no page could connect.",
    );
  }
  const list = new Set(origins.map(readEntry));
  return (origin) => list.has(normalise(origin) ?? "");
}

function readEntry(entry: unknown, index: number): string {
  if (entry === "null") return entry;
  const parsed = parse(entry);
  if (parsed !== undefined && !/^wss?:/.test(parsed.origin)) return parsed.origin;
  throw invalid(`origins[${index}]`, entry, ruleFor(entry));
}

function ruleFor(entry: unknown): string {
  const rule = 'an origin as browsers send it, such as "https://example.org"';
  if (entry === "*") return `${rule}; to let in all pages, write origins: "all"`;
  if (entry === "same" || entry === "all") return `${rule}; write origins: "${entry}"`;
  if (typeof entry !== "string") return rule;
  if (entry.includes("*")) return `${rule}; for a pattern, write a function`;
  if (/^wss?:/i.test(entry)) return `${rule}: the page's, which begins with http: or https:`;
  if (!entry.includes("://")) return `${rule}, with its scheme`;
  return `${rule}, without a path`;
}

/** An origin as the list has it; undefined for what is none. */
function normalise(origin: string): string | undefined {
  return origin === "null" ? origin : parse(origin)?.origin;
}

/**
 * An origin (RFC 6454, 6.2) in the form that can be compared: small letters, no default port. Undefined for
 * `null`, and for anything that is no origin.
 */
function parse(text: unknown): { scheme: string; host: string; origin: string } | undefined {
  if (typeof text !== "string") return undefined;
  const [, scheme = "", host = ""] = /^([a-z][a-z\d+.-]*:)\/\/([^/?#\\@*\s]*)$/i.exec(text) ?? [];
  if (scheme === "" || !URL.canParse(text)) return undefined;
  // Only schemes of the web may have a default port, and need a host.
  const url = new URL(text);
  if (url.host === "" && host !== "") return undefined;
  const small = url.host.toLowerCase();
  return { scheme: url.protocol, host: small, origin: `${url.protocol}//${small}` };
}

/** Whether a page is of the host that it connects to. A missing port is the default of the page's scheme. */
function isSame(origin: string, { headers, isSecure }: Handshake): boolean {
  const page = parse(origin);
  if (page === undefined || !/^https?:$/.test(page.scheme)) return false;
  // A page without TLS is not of the same origin as a server with it. The other way round it may be: proxies
  // end TLS.
  if (isSecure && page.scheme === "http:") return false;
  return parse(`${page.scheme}//${headers["host"] ?? ""}`)?.host === page.host;
}

/** Most origins that are warned of in one process. */
const MAX_WARNINGS = 10;
const warned = new Set<string>();

/** Says how to let a refused origin in: once for each, and for ten in a process. */
export function warnOfOrigin(origin: string, handshake: Handshake, logger: Logger): void {
  if (warned.has(origin) || warned.size >= MAX_WARNINGS) return;
  warned.add(origin);
  // Quoted and cut: strangers choose both.
  const quote = (text: string) => JSON.stringify(text.slice(0, 200));
  const refused = `Pages of the origin ${quote(origin)} may not connect to the host ${quote(handshake.headers["host"] ?? "")}.`;
  const entry = normalise(origin);
  const advice =
    entry === undefined
      ? "No browser sends such an origin."
      : `To let them in, write origins: [${quote(entry)}], with the origins of all other pages that may connect.`;
  logger.warn(`${refused} ${advice}`);
}
