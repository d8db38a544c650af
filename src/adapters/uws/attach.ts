import type { Hub, HubLimits, Receiver, User } from "../../index.js";
import { RoomcastError } from "../../protocol/errors.js";
import type { Admission, Refusal } from "../../transport/admission.js";
import { createHandshake, type Handshake } from "../../transport/handshake.js";
import type { Place } from "../../transport/places.js";
import { UpgradeGuard, type UpgradeOptions } from "../../transport/upgrade-guard.js";
import { UwsSocket } from "./socket.js";
import type { UwsApp, UwsBehavior, UwsConnection, UwsRequest, UwsResponse } from "./types.js";

/**
 * Where the hub is found, and who is let in.
 *
 * @category Options
 */
export interface AttachOptions<U extends User = User> extends UpgradeOptions<U, void> {
  /** The path that WebSockets connect to: a pattern of uWebSockets.js. Default `/*`, any. */
  readonly path?: string | undefined;
}

/** What uWebSockets.js keeps for each of our connections. It copies the object, not what is in it. */
interface Data<U extends User> {
  readonly seat: {
    /** Given back when the connection is gone; undefined where none are counted. */
    readonly place: Place | undefined;
    /** Until the connection is open: who comes, and how. */
    admitted: Admission<U> | undefined;
    /** From then on. */
    socket: UwsSocket | undefined;
  };
}

/**
 * A message that is too large should get its close code, but uWebSockets.js only cuts the line. So
 * it lets through somewhat more than the hub does, and the hub closes with 1009.
 */
const PAYLOAD_MARGIN = 16_384;

/** The timeouts (s) with which uWebSockets.js waits 4 s for the end of a connection that has closed, not 8 or 16. */
const MIN_IDLE_TIMEOUT = 8;
const MAX_IDLE_TIMEOUT = 15;

/**
 * Attaches a hub to a uWebSockets.js `App` or `SSLApp` of yours: from now on each WebSocket at the
 * path is a client of the hub. Requests are checked before the upgrade; those who may not come in are
 * answered with HTTP 401, 403, 429 or 503. Limits, pings and slow clients are the hub's business.
 *
 * @throws RoomcastError `INVALID_OPTION` for options that cannot work.
 *
 * @example
 * ```ts
 * attach(hub, App(), { path: "/ws", authenticate: ({ token }) => verify(token) });
 * ```
 *
 * @category Main
 */
export function attach<U extends User, D>(
  hub: Hub<U, D>,
  app: UwsApp,
  { path = "/*", ...options }: AttachOptions<NoInfer<U>> = {},
): void {
  const guard = new UpgradeGuard<U, void>(hub, options);
  // The class's own name in uWebSockets.js: there is nothing else to tell it from an App.
  const isSecure = app.constructor.name === "uWS.SSLApp";

  const behavior: UwsBehavior<Data<U>> = {
    maxPayloadLength: hub.limits.maxMessageBytes + PAYLOAD_MARGIN,
    // The hub decides who is slow, and pings: no limit, and no pings beside its own.
    maxBackpressure: 0,
    idleTimeout: idleTimeout(hub.limits),
    sendPingsAutomatically: false,

    upgrade(response, request, context) {
      let isAborted = false;
      let onLeft: (() => void) | undefined;
      response.onAborted(() => {
        isAborted = true;
        onLeft?.();
      });
      // The request is gone once this handler returns: everything is read before the wait.
      const handshake = handshakeOf(response, request, isSecure, () => {
        const left = new AbortController();
        if (isAborted) left.abort();
        onLeft = () => left.abort();
        return left.signal;
      });
      const key = request.getHeader("sec-websocket-key");
      const extensions = request.getHeader("sec-websocket-extensions");
      const open = (admission: Admission<U>): void => {
        const place = admission.claim();
        const data: Data<U> = { seat: { place, admitted: admission, socket: undefined } };
        try {
          response.upgrade(data, key, handshake.protocols[0] ?? "", extensions, context);
        } catch (cause) {
          // Once the connection is open, its close handler gives the place back.
          if (data.seat.socket === undefined) place?.release();
          throw cause;
        }
      };
      // Never throws: nobody could catch it, and it would end the process.
      const settle = (
        admission: Admission<U> | Refusal,
        run: (write: () => void) => unknown,
      ): void => {
        let isOpening = false;
        try {
          run(() => {
            isOpening = true;
            if (admission.isAdmitted) open(admission);
            else refuse(response, admission);
          });
        } catch (cause) {
          // The cork itself failed.
          if (admission.isAdmitted && !isOpening) admission.release();
          const text = "The upgrade failed: uWebSockets.js did not take the answer.";
          hub.runtime.report(new RoomcastError("SOCKET_FAILED", text, { cause }));
        }
      };
      const admission = guard.decide(handshake, undefined);
      if (!(admission instanceof Promise)) {
        settle(admission, (write) => write());
        return;
      }
      void admission.then((later) => {
        if (!isAborted) settle(later, (write) => response.cork(write));
        else if (later.isAdmitted) later.release();
      });
    },

    open(ws) {
      const { seat } = ws.getUserData();
      const socket = new UwsSocket(ws);
      seat.socket = socket;
      const { admitted } = seat;
      seat.admitted = undefined;
      socket.listen(hub.accept(socket, admitted));
    },

    message(ws, message, isBinary) {
      // The memory is taken back when this returns: text is decoded now, bytes are copied.
      const data = Buffer.from(message);
      receiverOf(ws)?.message(isBinary ? new Uint8Array(data) : data.toString());
    },

    drain: (ws) => ws.getUserData().seat.socket?.drained(),
    ping: (ws) => receiverOf(ws)?.ping(),
    pong: (ws) => receiverOf(ws)?.pong(),

    close(ws, code, reason) {
      const { seat } = ws.getUserData();
      const { place, socket } = seat;
      // uWebSockets.js may hold the connection for longer; it must not hold the client.
      seat.socket = undefined;
      place?.release();
      socket?.closed(code, Buffer.from(reason).toString());
    },
  };
  app.ws(path, behavior);
}

/**
 * Seconds of silence after which uWebSockets.js cuts a connection: later than the hub would. It is for those that
 * closed while data waited for them, of which the hub hears no more. 0 for never, where it would make all others
 * that have closed stay for longer.
 */
function idleTimeout({ heartbeat }: HubLimits): number {
  if (heartbeat === false) return 0;
  // The hub waits for twice the timeout, after a standstill, and looks three times in each.
  const seconds = Math.ceil((heartbeat.interval + 3 * heartbeat.timeout) / 1_000);
  return seconds > MAX_IDLE_TIMEOUT ? 0 : Math.max(MIN_IDLE_TIMEOUT, seconds);
}

function receiverOf(ws: UwsConnection<Data<User>>): Receiver | undefined {
  return ws.getUserData().seat.socket?.receiver;
}

function handshakeOf(
  response: UwsResponse,
  request: UwsRequest,
  isSecure: boolean,
  makeSignal: () => Handshake["signal"],
): Handshake {
  const headers: Record<string, string | undefined> = {};
  request.forEach((name, value) => {
    const before = headers[name];
    const separator = name === "cookie" ? ";" : ",";
    headers[name] = before === undefined ? value : `${before}${separator} ${value}`;
  });
  const query = request.getQuery();
  const url = query ? `${request.getUrl()}?${query}` : request.getUrl();
  const ip = Buffer.from(response.getRemoteAddressAsText()).toString();
  return createHandshake(url, headers, ip, isSecure, makeSignal);
}

function refuse(response: UwsResponse, { status, text, headers }: Refusal): void {
  response.writeStatus(`${status} ${STATUS_TEXTS[status]}`);
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  response.end(text, true);
}

const STATUS_TEXTS = {
  401: "Unauthorized",
  403: "Forbidden",
  429: "Too Many Requests",
  503: "Service Unavailable",
} as const;
