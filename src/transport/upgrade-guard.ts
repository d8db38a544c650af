import { type LocalErrorCode, RoomcastError } from "../protocol/errors.js";
import type { User } from "../protocol/types.js";
import { checkCount, checkFunction, checkNames, checkSync } from "../util/checks.js";
import type { Clock } from "../util/clock.js";
import type { Logger } from "../util/logger.js";
import { isPromiseLike } from "../util/promises.js";
import { Throttle } from "../util/throttle.js";
import { TIMED_OUT, withTimeout } from "../util/timeout.js";
import { addressOf, lineOf } from "./address.js";
import { Admission, type Refusal } from "./admission.js";
import { type Outcome, outcomeOf, outcomeOfError } from "./authentication.js";
import type { Handshake } from "./handshake.js";
import { type OriginRule, type Origins, readOrigins, warnOfOrigin } from "./origins.js";
import { outagesOf } from "./outages.js";
import { type Place, Places } from "./places.js";

/**
 * Who may open a WebSocket. Checked before the upgrade; others are answered with plain HTTP.
 *
 * @typeParam R - The runtime's own request: Node's `IncomingMessage` with `roomcast/ws`, what you pass to
 * `admit` with a guard of your own. uWebSockets.js has none: its request is gone after the first `await`.
 *
 * @category Options
 */
export interface UpgradeOptions<U extends User = User, R = unknown> {
  /**
   * Returns the user of a connection. Runs once per upgrade request, after the other checks. Nothing
   * returned, or an error with the `code` `UNAUTHORIZED`, means 401; one with `FORBIDDEN` means 403. Anything
   * else that it throws or rejects with is an outage, and no verdict on the user: 503, and an `error` event
   * (one a second at most). So is a promise that does not settle in 10 s, and a request while 1,000 others
   * wait. `handshake.signal` tells when the peer has left. Without `authenticate` each connection is a guest
   * of its own.
   */
  readonly authenticate?:
    | ((handshake: Handshake, request: R) => U | null | undefined | Promise<U | null | undefined>)
    | undefined;
  /** The pages that may connect; others get 403. Default `"same"`: those of the host they connect to. */
  readonly origins?: Origins | undefined;
  /** Most connections at once; more get 429. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /**
   * Most connections at once from one address; more get 429. IPv6 addresses of one /64 count as one: a single
   * line has as many. Default: no limit.
   */
  readonly maxConnectionsPerIp?: number | undefined;
  /**
   * Returns the address that a request counts for, where a proxy of yours tells it in a header. By default
   * the transport's (`handshake.ip`), which also counts if it throws or returns no IP address.
   */
  readonly clientIp?: ((handshake: Handshake) => string) | undefined;
}

const OPTIONS = ["authenticate", "origins", "maxConnections", "maxConnectionsPerIp", "clientIp"];

const REFUSALS: {
  readonly [S in Refusal["status"]]: Pick<Refusal, "text" | "headers">;
} = {
  401: { text: "A valid token is needed.", headers: { "WWW-Authenticate": "Bearer" } },
  403: { text: "This origin may not connect.", headers: {} },
  429: { text: "Too many connections.", headers: { "Retry-After": "10" } },
  503: { text: "The server cannot take you in now.", headers: { "Retry-After": "5" } },
};

/** The body of a 403 that `authenticate` decided. */
const FORBIDDEN_TEXT = "You may not connect.";

/** Most requests for which `authenticate` or `origins` is waited for at once. */
const MAX_ASKING = 1_000;

/** How long (ms) `authenticate` or `origins` may take before the request is answered with 503. */
const ANSWER_TIMEOUT = 10_000;

/**
 * What adapters and guards use of a hub.
 *
 * @category For adapter authors
 */
export interface HubRuntime {
  /** The source of time; timers of an adapter are its timers. */
  readonly clock: Required<Clock>;
  /** Where to log. */
  readonly logger: Logger;
  /** Whether nobody is let in any more. */
  readonly isClosing: boolean;
  /** Tells of an error: the listeners of `error`, or the logger where there are none. */
  report(error: RoomcastError): void;
  /** Tells of a request that was refused. */
  emit(
    event: "refused",
    argument: { handshake: Handshake; status: number; cause: unknown },
  ): unknown;
}

/**
 * What a guard takes of its hub.
 *
 * @category For adapter authors
 */
export interface UpgradeHost<U extends User> {
  /** Time, and who is told. */
  readonly runtime: HubRuntime;
  /** The connections, whose users `authenticate` returns. */
  readonly clients: ReadonlySet<{
    /** Of each connection. */
    readonly user: U;
  }>;
}

/** A guard's answer to one request. */
type Answer<U extends User> = Admission<U> | Refusal;

/**
 * Decides who may open a WebSocket, for a server or framework that upgrades requests itself. The adapters'
 * `attach` and `serve` have one of their own.
 *
 * @example
 * ```ts
 * import { UpgradeGuard } from "roomcast";
 * import { accept, handshakeFrom } from "roomcast/websocket";
 *
 * const guard = new UpgradeGuard(hub, { authenticate: ({ token }) => verify(token) });
 *
 * async function answer(request: Request): Promise<Response> {
 *   const admission = await guard.admit(handshakeFrom(request));
 *   if (!admission.isAdmitted) return new Response(admission.text, admission);
 *   const { socket, response } = Deno.upgradeWebSocket(request);
 *   accept(hub, socket, admission);
 *   return response;
 * }
 * ```
 *
 * @category For adapter authors
 */
export class UpgradeGuard<U extends User = User, R = unknown> {
  readonly #host: HubRuntime;
  readonly #authenticate: UpgradeOptions<U, R>["authenticate"];
  readonly #mayConnect: OriginRule;
  readonly #clientIp: UpgradeOptions<U, R>["clientIp"];
  readonly #places: Places;
  /** The refusals in the log, by status. */
  readonly #logged: Throttle;
  #hasReportedIp = false;
  /** How many requests wait for `authenticate` or `origins`. */
  #asking = 0;

  /** @throws RoomcastError `INVALID_OPTION`, naming the option and the value. */
  constructor(hub: UpgradeHost<U>, options: UpgradeOptions<NoInfer<U>, R> = {}) {
    const { authenticate, origins = "same", maxConnections, maxConnectionsPerIp } = options;
    checkNames(options, OPTIONS);
    if (authenticate !== undefined) checkFunction("authenticate", authenticate);
    if (options.clientIp !== undefined) checkSync("clientIp", options.clientIp);
    if (maxConnections !== undefined) checkCount("maxConnections", maxConnections);
    if (maxConnectionsPerIp !== undefined) checkCount("maxConnectionsPerIp", maxConnectionsPerIp);
    this.#host = hub.runtime;
    this.#authenticate = authenticate;
    this.#mayConnect = readOrigins(origins);
    this.#clientIp = options.clientIp;
    this.#places = new Places(maxConnections, maxConnectionsPerIp);
    this.#logged = new Throttle(this.#host.clock);
  }

  /**
   * Answers one upgrade request. Never rejects. An admission holds a place until the connection to which
   * `accept` gives it is gone, until it is released, or for 10 s without either.
   *
   * @param request What `authenticate` gets as its second argument.
   */
  async admit(
    handshake: Handshake,
    ...[request]: undefined extends R ? [request?: R] : [request: R]
  ): Promise<Admission<U> | Refusal> {
    const answer = await this.decide(handshake, request as R);
    return answer.isAdmitted ? answer.expire(this.#host.clock) : answer;
  }

  /**
   * The same for an adapter that claims the admission when it gets it: at once, unless the application's code
   * takes time. Never throws or rejects. @internal
   */
  decide(handshake: Handshake, request: R): Answer<U> | Promise<Answer<U>> {
    if (this.#host.isClosing) return this.#refuse(handshake, 503);
    if (this.#asking >= MAX_ASKING) {
      const text = `${MAX_ASKING} requests waited for authenticate or origins already.`;
      return this.#outage(handshake, "HANDLER_TIMEOUT", text);
    }
    const origin = handshake.headers["origin"];
    if (origin === undefined) return this.#enter(handshake, request);
    return this.#ask(
      () => this.#mayConnect(origin, handshake),
      (verdict) => {
        if (verdict === true) return this.#enter(handshake, request);
        if (verdict === TIMED_OUT) {
          const text = `origins did not settle in ${ANSWER_TIMEOUT} ms.`;
          return this.#outage(handshake, "HANDLER_TIMEOUT", text);
        }
        warnOfOrigin(origin, handshake, this.#host.logger);
        return this.#refuse(handshake, 403);
      },
      (cause) => this.#outage(handshake, "HANDLER_FAILED", "origins threw.", cause),
    );
  }

  /** The origin may connect: takes a place, and asks who it is. */
  #enter(handshake: Handshake, request: R): Answer<U> | Promise<Answer<U>> {
    // It may have begun to close while `origins` was waited for.
    if (this.#host.isClosing) return this.#refuse(handshake, 503);
    const line = lineOf(this.#ipOf(handshake));
    if (this.#places.isFull(line)) return this.#refuse(handshake, 429);
    // The place is taken while authentication runs, or a crowd would pass the limit together.
    const place = this.#places.take(line);
    const authenticate = this.#authenticate;
    if (authenticate === undefined) return new Admission<U>(undefined, handshake, place);
    return this.#ask(
      () => authenticate(handshake, request),
      (answer) => this.#judge(handshake, place, outcomeOf(answer, ANSWER_TIMEOUT)),
      (cause) => this.#judge(handshake, place, outcomeOfError(cause)),
    );
  }

  #judge(handshake: Handshake, place: Place | undefined, outcome: Outcome<U>): Answer<U> {
    if (outcome.kind === "user" && !this.#host.isClosing) {
      return new Admission(outcome.user, handshake, place);
    }
    place?.release();
    if (outcome.kind === "user") return this.#refuse(handshake, 503);
    if (outcome.kind === "refused") {
      const refusal = this.#refuse(handshake, outcome.status, outcome.cause);
      return outcome.status === 403 ? { ...refusal, text: FORBIDDEN_TEXT } : refusal;
    }
    return this.#outage(handshake, outcome.code, outcome.text, outcome.cause);
  }

  /** Calls a function of the application. What it returns at once leads on at once. */
  #ask(
    call: () => unknown,
    judge: (answer: unknown) => Answer<U> | Promise<Answer<U>>,
    fail: (cause: unknown) => Answer<U>,
  ): Answer<U> | Promise<Answer<U>> {
    let answer: unknown;
    try {
      answer = call();
    } catch (cause) {
      return fail(cause);
    }
    if (!isPromiseLike(answer)) return judge(answer);
    this.#asking++;
    return withTimeout(answer, this.#host.clock, ANSWER_TIMEOUT)
      .finally(() => this.#asking--)
      .then(judge, fail);
  }

  /** The address that a request counts for. */
  #ipOf(handshake: Handshake): string {
    if (this.#clientIp === undefined) return handshake.ip;
    let cause: unknown;
    try {
      const ip: unknown = this.#clientIp(handshake);
      if (addressOf(ip) !== undefined) return ip as string;
      if (isPromiseLike(ip)) ip.then(undefined, () => {}); // Reported below, as a promise.
      cause = new TypeError(`It returned ${isPromiseLike(ip) ? "a promise" : JSON.stringify(ip)}.`);
    } catch (error) {
      cause = error;
    }
    if (!this.#hasReportedIp) {
      this.#hasReportedIp = true;
      const text =
        "clientIp threw, or returned no IP address: such requests count for the transport's address.";
      this.#host.report(new RoomcastError("HANDLER_FAILED", text, { cause }));
    }
    return handshake.ip;
  }

  /** The application's own code failed: nobody is let in, and nobody is refused for good. */
  #outage(handshake: Handshake, code: LocalErrorCode, text: string, cause?: unknown): Refusal {
    outagesOf(this.#host).report(code, `${text} The upgrade was answered with 503.`, cause);
    return this.#refuse(handshake, 503, cause);
  }

  #refuse(handshake: Handshake, status: Refusal["status"], cause?: unknown): Refusal {
    const left = this.#logged.pass(String(status));
    if (left !== undefined) {
      const more = left === 0 ? {} : { more: left };
      this.#host.logger.info("Upgrade refused", { status, ip: handshake.ip, cause, ...more });
    }
    this.#host.emit("refused", { handshake, status, cause });
    const { text, headers } = REFUSALS[status];
    return {
      isAdmitted: false,
      status,
      text,
      headers: { "Content-Type": "text/plain", ...headers },
    };
  }
}
