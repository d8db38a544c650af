import type { Hub, User } from "../../index.js";
import { CloseCode } from "../../protocol/close-codes.js";
import { RoomcastError } from "../../protocol/errors.js";
import { createHandshake, type Handshake } from "../../transport/handshake.js";
import { UpgradeGuard, type UpgradeOptions } from "../../transport/upgrade-guard.js";
import { listen, WsSocket } from "./socket.js";
import type { NetSocket, UpgradeRequest, WsConnection, WsServer } from "./types.js";

/** Who is let in. */
export interface AttachOptions<U extends User = User> extends UpgradeOptions<U> {}

/** The callback that `ws` hands to an asynchronous `verifyClient`. */
type Verdict = (
  isAdmitted: boolean,
  status?: number,
  message?: string,
  headers?: Readonly<Record<string, string>>,
) => void;

/** What `ws` hands to `verifyClient`. */
interface Applicant {
  readonly req: UpgradeRequest;
}

const attached = new WeakSet<WsServer>();

/**
 * Attaches a hub to a `WebSocketServer` of yours: from now on each of its connections is a client of
 * the hub. Requests are checked before the upgrade, after a `verifyClient` of your own; those who may
 * not come in are answered with HTTP 401, 403, 429 or 503. `maxPayload` is lowered to the hub's
 * `maxMessageBytes`. Closing the server stays your business.
 *
 * @throws RoomcastError `INVALID_OPTION` for options that cannot work, and for a server that has a
 * hub already.
 *
 * @example
 * ```ts
 * attach(hub, new WebSocketServer({ server }), { authenticate: ({ token }) => verify(token) });
 * ```
 */
export function attach<U extends User, D>(
  hub: Hub<U, D>,
  server: WsServer,
  options: AttachOptions<NoInfer<U>> = {},
): void {
  if (attached.has(server)) {
    throw new RoomcastError("INVALID_OPTION", "This WebSocketServer has a hub already.");
  }
  const guard = new UpgradeGuard(hub.context, options);
  attached.add(server);
  const admitted = new WeakMap<object, { user: U | undefined; handshake: Handshake }>();
  const { maxMessageBytes } = hub.limits;
  server.options.maxPayload = Math.min(server.options.maxPayload || Infinity, maxMessageBytes);

  const verifyFirst = asAsync(server.options.verifyClient);
  // `ws` hands a callback to a verifyClient of exactly two parameters.
  server.options.verifyClient = (applicant: Applicant, done: Verdict): void => {
    verifyFirst(applicant, (isWelcome, ...answer) => {
      if (isWelcome) void check(applicant.req, done);
      else done(false, ...answer);
    });
  };

  async function check(request: UpgradeRequest, done: Verdict): Promise<void> {
    const handshake = handshakeOf(request);
    const admission = await guard.admit(handshake);
    if (!admission.isAdmitted) {
      done(false, admission.status, admission.text, admission.headers);
      return;
    }
    admitted.set(request, { user: admission.user, handshake });
    if (guard.isLimited) releaseWithSocket(request.socket, handshake.ip);
    // Where the peer went away meanwhile, `ws` drops the request here.
    done(true);
  }

  function releaseWithSocket(net: NetSocket, ip: string): void {
    if (net.destroyed) guard.release(ip);
    else net.once("close", () => guard.release(ip));
  }

  server.on("connection", (ws: WsConnection, request: UpgradeRequest) => {
    const admission = admitted.get(request);
    if (admission === undefined) {
      // Somebody emitted it by hand: it has not been through the guard. What goes wrong until it has
      // closed must not be an error that nobody listens to.
      ws.on("error", (cause: Error) => {
        const text = "A connection that was not admitted failed.";
        hub.context.report(new RoomcastError("SOCKET_FAILED", text, { cause }));
      });
      ws.close(CloseCode.policyViolation, "This connection was not admitted.");
      return;
    }
    const net = request.socket;
    const receiver = hub.accept(new WsSocket(ws, net), admission);
    listen(ws, net, receiver);
  });
}

/** The neutral form of a Node upgrade request. */
function handshakeOf(request: UpgradeRequest): Handshake {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = typeof value === "object" ? value.join(", ") : value;
  }
  return createHandshake(request.url ?? "/", headers, request.socket.remoteAddress ?? "");
}

/** A `verifyClient` in either of its two forms, or none, as one with a callback. */
function asAsync(verify: unknown): (applicant: Applicant, done: Verdict) => void {
  if (typeof verify !== "function") return (_, done) => done(true);
  if (verify.length === 2) return verify as (applicant: Applicant, done: Verdict) => void;
  return (applicant, done) => done(Boolean(verify(applicant)));
}
