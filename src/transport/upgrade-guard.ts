import type { User } from "../protocol/types.js";
import { checkCount, checkNames, invalid } from "../util/checks.js";
import type { Logger } from "../util/logger.js";
import { isPromiseLike } from "../util/promises.js";
import { withTimeout } from "../util/timeout.js";
import { type Outcome, outcomeOf, outcomeOfError } from "./authentication.js";
import type { Handshake } from "./handshake.js";
import { isAllowedOrigin, type Origins } from "./origins.js";
import { type OutageHost, outagesOf } from "./outages.js";

/**
 * Who may open a WebSocket. Checked before the upgrade; others are answered with plain HTTP.
 *
 * @category Options
 */
export interface UpgradeOptions<U extends User = User> {
  /**
   * Returns the user of a connection. Runs once per upgrade request, after the other checks. Nothing
   * returned, or an error with the `code` `UNAUTHORIZED`, means 401; one with `FORBIDDEN` means 403. Anything
   * else that it throws or rejects with is an outage, and no verdict on the user: 503, and an `error` event
   * (one a second at most). So is a promise that does not settle in 10 s. Without `authenticate` each
   * connection is a guest of its own.
   */
  readonly authenticate?:
    | ((handshake: Handshake) => U | null | undefined | Promise<U | null | undefined>)
    | undefined;
  /** The pages that may connect; others get 403. Default: all, which suits tokens and not cookies. */
  readonly origins?: Origins | undefined;
  /** Most connections at once; more get 429. Default: no limit. */
  readonly maxConnections?: number | undefined;
  /** Most connections at once from one address; more get 429. Default: no limit. */
  readonly maxConnectionsPerIp?: number | undefined;
}

/** The guard's answer: a user who may connect, or the HTTP answer that refuses the request. */
export type Admission<U extends User> =
  | { readonly isAdmitted: true; readonly user: U | undefined }
  | ({ readonly isAdmitted: false } & Refusal);

/** The HTTP answer to a request that is refused. */
export interface Refusal {
  readonly status: 401 | 403 | 429 | 503;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The body of a 403 that the application decided. */
const FORBIDDEN_TEXT = "You may not connect.";

const REFUSALS: { readonly [S in Refusal["status"]]: Omit<Refusal, "status"> } = {
  401: { text: "A valid token is needed.", headers: { "WWW-Authenticate": "Bearer" } },
  403: { text: "This origin may not connect.", headers: {} },
  429: { text: "Too many connections.", headers: { "Retry-After": "10" } },
  503: { text: "The server cannot take you in now.", headers: { "Retry-After": "5" } },
};

/** How long (ms) `authenticate` may take before the request is answered with 503. */
const AUTHENTICATE_TIMEOUT = 10_000;

/** What the guard needs of its hub. */
export interface UpgradeHost extends OutageHost {
  readonly logger: Logger;
  /** Whether nobody is let in any more. */
  readonly isClosing: boolean;
  /** Tells of a request that was refused. */
  emit(event: "refused", argument: { handshake: Handshake; status: number; cause: unknown }): void;
}

/** Decides, for one server, who may open a WebSocket. */
export class UpgradeGuard<U extends User> {
  /** Whether connections are counted at all. If not, nothing needs to be released. */
  readonly isLimited: boolean;
  readonly #host: UpgradeHost;
  readonly #options: UpgradeOptions<U>;
  readonly #perIp = new Map<string, number>();
  #connections = 0;

  /** @throws RoomcastError `INVALID_OPTION`, naming the option and the value. */
  constructor(host: UpgradeHost, options: UpgradeOptions<U>) {
    const { authenticate, origins, maxConnections, maxConnectionsPerIp } = options;
    checkNames(options, ["authenticate", "origins", "maxConnections", "maxConnectionsPerIp"]);
    if (authenticate !== undefined && typeof authenticate !== "function") {
      throw invalid("authenticate", authenticate, "a function");
    }
    const isRule = typeof origins === "function" || Array.isArray(origins) || origins === "same";
    if (origins !== undefined && !isRule) {
      throw invalid("origins", origins, '"same", a list of origins or a function');
    }
    if (maxConnections !== undefined) checkCount("maxConnections", maxConnections);
    if (maxConnectionsPerIp !== undefined) checkCount("maxConnectionsPerIp", maxConnectionsPerIp);
    this.#host = host;
    this.#options = options;
    this.isLimited = maxConnections !== undefined || maxConnectionsPerIp !== undefined;
  }

  /**
   * Answers one upgrade request; at once, unless `authenticate` takes time. Never throws or rejects. An
   * admitted connection holds a place, which the adapter gives back with `release` when its socket closes,
   * upgraded or not.
   */
  admit(handshake: Handshake): Admission<U> | Promise<Admission<U>> {
    const { origins, authenticate } = this.#options;
    if (this.#host.isClosing) return this.#refuse(handshake, 503);
    try {
      if (!isAllowedOrigin(handshake, origins)) return this.#refuse(handshake, 403);
    } catch (cause) {
      const text = "origins threw. The upgrade was answered with 503.";
      outagesOf(this.#host).report("HANDLER_FAILED", text, cause);
      return this.#refuse(handshake, 503, cause);
    }
    if (!this.#hasPlace(handshake.ip)) return this.#refuse(handshake, 429);
    // The place is taken while authentication runs, or a crowd would pass the limit together.
    this.#take(handshake.ip);
    if (authenticate === undefined) return { isAdmitted: true, user: undefined };
    return this.#authenticate(authenticate, handshake);
  }

  /** Gives back the place of an admitted connection. */
  release(ip: string): void {
    if (!this.isLimited) return;
    this.#connections--;
    const left = (this.#perIp.get(ip) ?? 0) - 1;
    if (left > 0) this.#perIp.set(ip, left);
    else this.#perIp.delete(ip);
  }

  #authenticate(
    authenticate: NonNullable<UpgradeOptions<U>["authenticate"]>,
    handshake: Handshake,
  ): Admission<U> | Promise<Admission<U>> {
    const judge = (outcome: Outcome<U>) => this.#judge(handshake, outcome);
    try {
      const answer = authenticate(handshake);
      if (!isPromiseLike(answer)) return judge(outcomeOf(answer, AUTHENTICATE_TIMEOUT));
      return withTimeout(answer, this.#host.clock, AUTHENTICATE_TIMEOUT)
        .then((user) => outcomeOf<U>(user, AUTHENTICATE_TIMEOUT), outcomeOfError)
        .then(judge);
    } catch (cause) {
      return judge(outcomeOfError(cause));
    }
  }

  #judge(handshake: Handshake, outcome: Outcome<U>): Admission<U> {
    const isLate = this.#host.isClosing;
    if (outcome.kind === "user" && !isLate) return { isAdmitted: true, user: outcome.user };
    // The place that was taken for it.
    this.release(handshake.ip);
    if (outcome.kind === "outage") {
      const { code, text, cause } = outcome;
      outagesOf(this.#host).report(code, text, cause);
      return this.#refuse(handshake, 503, cause);
    }
    if (outcome.kind === "user") return this.#refuse(handshake, 503);
    const refusal = this.#refuse(handshake, outcome.status, outcome.cause);
    return outcome.status === 403 ? { ...refusal, text: FORBIDDEN_TEXT } : refusal;
  }

  #refuse(handshake: Handshake, status: Refusal["status"], cause?: unknown) {
    this.#host.logger.info("Upgrade refused", { status, ip: handshake.ip, cause });
    this.#host.emit("refused", { handshake, status, cause });
    const { text, headers } = REFUSALS[status];
    return {
      isAdmitted: false as const,
      status,
      text,
      headers: { "Content-Type": "text/plain", ...headers },
    };
  }

  #hasPlace(ip: string): boolean {
    const { maxConnections, maxConnectionsPerIp } = this.#options;
    if (maxConnections !== undefined && this.#connections >= maxConnections) return false;
    return maxConnectionsPerIp === undefined || (this.#perIp.get(ip) ?? 0) < maxConnectionsPerIp;
  }

  #take(ip: string): void {
    if (!this.isLimited) return;
    this.#connections++;
    this.#perIp.set(ip, (this.#perIp.get(ip) ?? 0) + 1);
  }
}
