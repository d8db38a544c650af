import type { AnyClient } from "../client.js";
import { RoomcastError } from "../protocol/errors.js";
import type { SteadyClock } from "../util/clock.js";
import { isPromiseLike } from "../util/promises.js";
import { TIMED_OUT, withTimeout } from "../util/timeout.js";

/**
 * What `authorize` is asked about.
 *
 * @category Options
 */
export type AuthorizedAction = "join" | "send";

type Authorize = (
  client: AnyClient,
  action: AuthorizedAction,
  roomId: string,
) => boolean | Promise<boolean>;

/** Asks the application's `authorize`, if it has one. */
export class Authorization {
  readonly #clock: SteadyClock;
  readonly #authorize: Authorize | undefined;
  readonly #timeout: number | false;

  constructor(
    { clock }: { readonly clock: SteadyClock },
    {
      authorize,
      handlerTimeout,
    }: { authorize: Authorize | undefined; handlerTimeout: number | false },
  ) {
    this.#clock = clock;
    this.#authorize = authorize;
    this.#timeout = handlerTimeout;
  }

  /**
   * Returns nothing, or a promise of nothing, where the client may.
   *
   * @throws RoomcastError `FORBIDDEN` where it may not; or rejects with it.
   */
  check(client: AnyClient, action: AuthorizedAction, roomId: string): Promise<void> | undefined {
    if (this.#authorize === undefined) return undefined;
    const verdict = this.#authorize(client, action, roomId);
    if (!isPromiseLike(verdict)) {
      requireYes(verdict, action);
      return undefined;
    }
    return this.#wait(verdict, action);
  }

  async #wait(pending: PromiseLike<unknown>, action: AuthorizedAction): Promise<void> {
    const verdict = await withTimeout(pending, this.#clock, this.#timeout);
    if (verdict === TIMED_OUT) {
      const text = `"authorize" did not settle in ${this.#timeout} ms.`;
      throw new RoomcastError("HANDLER_TIMEOUT", text);
    }
    requireYes(verdict, action);
  }
}

/** Only `true` is a yes. */
function requireYes(verdict: unknown, action: AuthorizedAction): void {
  if (verdict !== true) throw forbidden(action);
}

/** The error for a client that may not. */
export function forbidden(action: AuthorizedAction): RoomcastError {
  const what = action === "join" ? "join this room" : "send to this room";
  return new RoomcastError("FORBIDDEN", `You may not ${what}.`);
}
