import type { Handshake } from "./handshake.js";

/**
 * The pages that may connect: those of the host that is connected to (`"same"`), a list of origins
 * (`https://example.org`), or a function that decides. Programs other than browsers send no origin and may
 * always connect.
 *
 * @category Options
 */
export type Origins =
  | "same"
  | readonly string[]
  | ((origin: string, handshake: Handshake) => boolean);

/**
 * Whether a page of this origin may connect (RFC 6455, 10.2).
 *
 * @category Main
 */
export function isAllowedOrigin(handshake: Handshake, origins: Origins | undefined): boolean {
  const origin = handshake.headers["origin"];
  if (origins === undefined || origin === undefined) return true;
  if (origins === "same") return hostOf(origin) === (handshake.headers["host"] ?? "");
  return typeof origins === "function" ? origins(origin, handshake) : origins.includes(origin);
}

/** The host and port of an origin; undefined for the origin `null`, and for anything that is no URL. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
