import { createHandshake, type Handshake, type PeerSignal } from "./handshake.js";

/**
 * What is used of a standard request (Fetch, 5.3).
 *
 * @category Types of the server
 */
export interface StandardRequest {
  /** Absolute. */
  readonly url: string;
  /** The header names come in lower case. */
  readonly headers: {
    /** Runs `callback` for each header. */
    forEach(callback: (value: string, name: string) => void): void;
  };
  /** Aborted when the peer has left. */
  readonly signal?: PeerSignal;
}

/**
 * What is used of Node's `IncomingMessage`.
 *
 * @category Types of the server
 */
export interface NodeRequest {
  /** Path and query. */
  readonly url?: string | undefined;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The connection that it came on. */
  readonly socket: {
    /** The address of the peer. */
    readonly remoteAddress?: string | undefined;
    /** Whether the connection is gone. */
    readonly destroyed?: boolean;
    /** Listens once, for the end of the connection, or of the peer's half. */
    once?(event: "close" | "end", listener: () => void): unknown;
    /** Listens for a failure. */
    on?(event: "error", listener: (error: Error) => void): unknown;
    /** Reads what there is. */
    read?(size: number): unknown;
  };
}

/**
 * The handshake of a request: Node's `IncomingMessage`, or a standard `Request`.
 *
 * @param ip The peer's address, which a standard request does not tell. Of Node's it is known.
 *
 * @category Main
 */
export function handshakeFrom(request: NodeRequest | StandardRequest, ip?: string): Handshake {
  return isStandard(request) ? fromStandard(request, ip) : fromNode(request, ip);
}

function isStandard(request: NodeRequest | StandardRequest): request is StandardRequest {
  return typeof request.headers.forEach === "function";
}

function fromStandard(request: StandardRequest, ip = ""): Handshake {
  const headers: Record<string, string | undefined> = {};
  request.headers.forEach((value, name) => {
    headers[name.toLowerCase()] = value;
  });
  // A request's url is absolute; a handshake's is what the request line said.
  const url = request.url.replace(/^[a-z]+:\/\/[^/?#]*/i, "") || "/";
  const { signal } = request;
  const makeSignal = signal && (() => signal);
  return createHandshake(url, headers, ip, /^(https|wss):/i.test(request.url), makeSignal);
}

function fromNode(request: NodeRequest, ip = request.socket.remoteAddress ?? ""): Handshake {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = typeof value === "object" ? value.join(", ") : value;
  }
  // Only the sockets of TLS have it, and it is true there.
  const isSecure = Reflect.get(request.socket, "encrypted") === true;
  const makeSignal = () => signalOf(request.socket);
  return createHandshake(request.url ?? "/", headers, ip, isSecure, makeSignal);
}

/** A signal for the end of the peer's half of a connection that nobody reads from yet. */
function signalOf(socket: NodeRequest["socket"]): PeerSignal {
  const controller = new AbortController();
  const leave = () => controller.abort();
  if (socket.destroyed) leave();
  socket.once?.("end", leave);
  socket.once?.("close", leave);
  // Who reads hears of failures, and whoever is to handle them may not listen yet.
  socket.on?.("error", leave);
  // Nothing is taken: it makes Node read, which is how it hears that the peer has left.
  socket.read?.(0);
  return controller.signal;
}
