import type { User } from "../protocol/types.js";
import { addressOf } from "./address.js";
import { type Cookies, parseCookies } from "./cookies.js";

/**
 * The runtime's `AbortSignal` (DOM, 3.2), where its types are known.
 *
 * @category For adapter authors
 */
export type PeerSignal = typeof globalThis extends {
  /** The runtime's class. */
  AbortSignal: {
    /** What its signals have. */
    prototype: infer Signal;
  };
}
  ? Signal
  : {
      /** Whether the peer has left. */
      readonly aborted: boolean;
    };

/**
 * The request that asked for the connection, in neutral form.
 *
 * @category For adapter authors
 */
export interface Handshake {
  /** Path and query, as requested: `/ws?token=…`. */
  readonly url: string;
  /** Header names in lower case; repeated headers joined by `, `, cookies by `; `. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /**
   * The cookies by name, decoded. Of several with one name, the first. An object without a prototype, made
   * when it is first asked for.
   */
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** The subprotocols that the client offers (RFC 6455, 4.1), in its order. */
  readonly protocols: readonly string[];
  /**
   * The address of the peer as the transport sees it: behind a proxy, the proxy's. In one spelling on every
   * adapter: IPv6 as RFC 5952 has it, without a zone, and IPv4 as itself where a socket listens on both.
   */
  readonly ip: string;
  /** Whether this server itself knows that the request came by TLS. Behind a proxy that ends TLS it does not. */
  readonly isSecure: boolean;
  /**
   * The token that came with the request: `?token=`, else the last subprotocol offered, else
   * `Authorization: Bearer` (RFC 6750, 2.1). Browsers can set the first two only. Where clients offer
   * subprotocols of their own, the last of them stands here: with cookies, look at `cookies` alone.
   */
  readonly token: string | undefined;
  /**
   * Aborted where the peer leaves before it has an answer, for what `authenticate` waits for:
   * `fetch(url, { signal })`. Made when it is first asked for.
   */
  readonly signal: PeerSignal;
}

/**
 * What is known of a connection when it is accepted.
 *
 * @category For adapter authors
 */
export interface AcceptOptions<U extends User = User> {
  /** Its user. Without it, a guest of its own. */
  readonly user?: U | undefined;
  /** The upgrade request, for the `connect` event. */
  readonly handshake?: Handshake | undefined;
}

/** A handshake from what every transport knows of its upgrade request. */
export function createHandshake(
  url: string,
  headers: Readonly<Record<string, string | undefined>>,
  ip: string,
  isSecure = false,
  makeSignal: () => PeerSignal = () => new AbortController().signal,
): Handshake {
  const protocols = (headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");
  const token = queryToken(url) ?? protocols.at(-1) ?? bearerToken(headers["authorization"]);
  let cookies: Cookies | undefined;
  let signal: PeerSignal | undefined;
  return {
    url,
    headers,
    get cookies() {
      cookies ??= parseCookies(headers["cookie"]);
      return cookies;
    },
    protocols,
    ip: addressOf(ip) ?? ip,
    isSecure,
    token,
    get signal() {
      signal ??= makeSignal();
      return signal;
    },
  };
}

/** The path of a request's url, without the query. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

function queryToken(url: string): string | undefined {
  const start = url.indexOf("?");
  if (start === -1) return undefined;
  return new URLSearchParams(url.slice(start + 1)).get("token") || undefined;
}

function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +(\S+)$/i.exec(header)?.[1];
}
