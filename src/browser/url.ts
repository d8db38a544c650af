import { invalid } from "./checks.js";

/** Where a page or a worker is (HTML, 7.2.4 and 10.2.1), if it is anywhere. */
interface Place {
  readonly document?: { readonly baseURI: string };
  readonly location?: { readonly href: string };
}

/**
 * The URL of a WebSocket. A relative one is resolved against the page, and `http:` stands for `ws:`, as in
 * newer browsers (WHATWG WebSockets, 3.1). Throws what can never connect.
 */
export function socketUrl(url: string): string {
  const { document, location } = globalThis as Place;
  try {
    const { href } = new URL(url, document?.baseURI ?? location?.href);
    // React Native's URL ends in a slash that was not there.
    const absolute = (/^\w+:/.test(url) ? url : href).replace(/^http/i, "ws");
    if (/^wss?:[^#]+$/i.test(absolute)) return absolute;
  } catch {
    // It is none.
  }
  throw invalid("url", "a ws: or wss: URL without a fragment", url);
}
