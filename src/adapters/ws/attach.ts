import type { Hub, User } from "../../index.js";
import { CloseCode } from "../../protocol/close-codes.js";
import { type LocalErrorCode, RoomcastError } from "../../protocol/errors.js";
import type { Admission } from "../../transport/admission.js";
import { pathOf } from "../../transport/handshake.js";
import { outagesOf } from "../../transport/outages.js";
import type { Place } from "../../transport/places.js";
import { handshakeFrom } from "../../transport/request.js";
import { UpgradeGuard, type UpgradeOptions } from "../../transport/upgrade-guard.js";
import { listen, WsSocket } from "./socket.js";
import type { NetSocket, UpgradeRequest, WsConnection, WsServer } from "./types.js";
import { type Applicant, ask, type Verdict, watchForOthers } from "./upgrade.js";

/**
 * Who is let in.
 *
 * @category Options
 *
 * @typeParam R - What `authenticate` takes its second argument for: Node's `IncomingMessage`, or what a
 * middleware has made of it.
 */
export interface AttachOptions<U extends User = User, R extends UpgradeRequest = UpgradeRequest>
  extends UpgradeOptions<U, R> {}

/** The answer to a request where the application's own code threw. */
const UNAVAILABLE: Parameters<Verdict> = [false, 503, undefined, { "Retry-After": "5" }];

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
 *
 * @category Main
 */
export function attach<U extends User, D, R extends UpgradeRequest = UpgradeRequest>(
  hub: Hub<U, D>,
  server: WsServer,
  options: AttachOptions<NoInfer<U>, R> = {},
): void {
  if (attached.has(server)) {
    throw new RoomcastError("INVALID_OPTION", "This WebSocketServer has a hub already.");
  }
  const guard = new UpgradeGuard<U, R>(hub, options);
  attached.add(server);
  const admitted = new WeakMap<object, Admission<U>>();
  const { maxMessageBytes } = hub.limits;
  server.options.maxPayload = Math.min(server.options.maxPayload || Infinity, maxMessageBytes);

  const verifyFirst = server.options.verifyClient;
  // `ws` hands a callback to a verifyClient of exactly two parameters.
  server.options.verifyClient = (applicant: Applicant, done: Verdict): void => {
    void decide(applicant, done);
  };

  /**
   * Answers one upgrade request, unless somebody else has. Never rejects, whatever the application's
   * own code does: nobody could catch it, and it would end the process.
   */
  async function decide(applicant: Applicant, done: Verdict): Promise<void> {
    const { req: request } = applicant;
    const findOther = watchForOthers(request.socket);
    const verdict = await ask(verifyFirst, applicant).catch((cause: unknown) => {
      const text = "verifyClient threw or rejected. The upgrade was answered with 503.";
      outagesOf(hub.runtime).report("HANDLER_FAILED", text, cause);
      return UNAVAILABLE;
    });
    const handshake = handshakeFrom(request);
    // What `ws` hands over is Node's own request, as `authenticate` expects it.
    const admission = verdict[0] ? await guard.decide(handshake, request as R) : undefined;
    const other = findOther();
    if (other !== undefined) {
      if (admission?.isAdmitted) admission.release();
      report("SOCKET_FAILED", answeredTwice(handshake.url), other);
    } else if (admission === undefined) {
      done(...verdict);
    } else if (!admission.isAdmitted) {
      done(false, admission.status, admission.text, admission.headers);
    } else {
      const place = admission.claim();
      if (place !== undefined) holdPlace(request.socket, place);
      admitted.set(request, admission);
      try {
        // Where the peer went away meanwhile, `ws` drops the request here.
        done(true);
      } catch (cause) {
        report("HANDLER_FAILED", UPGRADE_THREW, cause);
        if (!admitted.delete(request)) return;
        place?.release();
        if (findOther() === undefined) done(...UNAVAILABLE);
        else request.socket.destroy();
      }
    }
  }

  function report(code: LocalErrorCode, text: string, cause: unknown): void {
    hub.runtime.report(new RoomcastError(code, text, { cause }));
  }

  server.on("connection", (ws: WsConnection, request: UpgradeRequest) => {
    const admission = admitted.get(request);
    admitted.delete(request);
    if (admission === undefined) {
      // Somebody emitted it by hand: it has not been through the guard. What goes wrong until it has
      // closed must not be an error that nobody listens to.
      ws.on("error", (cause: Error) => {
        report("SOCKET_FAILED", "A connection that was not admitted failed.", cause);
      });
      ws.close(CloseCode.policyViolation, "This connection was not admitted.");
      return;
    }
    const net = request.socket;
    const receiver = hub.accept(new WsSocket(ws, net), admission);
    listen(ws, net, receiver, maxMessageBytes);
  });
}

/** Has a place given back with the network socket. */
function holdPlace(net: NetSocket, place: Place): void {
  if (net.destroyed) place.release();
  else net.once("close", () => place.release());
}

const UPGRADE_THREW =
  'The upgrade failed: handleProtocols, or a listener of "headers" or "connection", threw.';

/** The path only: a query may have a token in it. */
function answeredTwice(url: string): string {
  return `The request for "${pathOf(url)}" was answered by another "upgrade" listener of the same HTTP server. Make the other WebSocketServer with { noServer: true }, and hand it only the requests of its own paths.`;
}
