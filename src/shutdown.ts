import type { AnyClient } from "./client.js";
import { CloseCode } from "./protocol/close-codes.js";
import type { Closing } from "./transport/closing.js";
import { checkCloseCode, checkNames, checkPositive, invalid } from "./util/checks.js";
import type { SteadyClock } from "./util/clock.js";
import { Deadline } from "./util/deadline.js";

/**
 * How to close a hub.
 *
 * @category Options
 */
export interface CloseOptions {
  /** Default 1001, "going away": clients reconnect. */
  readonly code?: number;
  /** Default "The server is going away." */
  readonly reason?: string;
  /**
   * How long (ms) running handlers and the closing handshakes may take before connections are cut. Default
   * 5000.
   */
  readonly timeout?: number;
  /**
   * Time (ms) over which clients reconnect: each is told a delay of its own, so that they do not all connect at
   * once. At most 2147483647 (24 days). Default 0: each decides by itself.
   */
  readonly spread?: number;
}

/** The reason that clients are told when a hub closes. */
export const GOING_AWAY = "The server is going away.";

/** What closing needs of a hub. */
export interface ShutdownHost {
  readonly context: {
    readonly clock: SteadyClock;
    readonly closing: Closing<AnyClient>;
    /** Runs `change`; listeners run when all of it is done. */
    together(change: () => void): void;
  };
  readonly clients: ReadonlySet<AnyClient>;
  /** Runs `callback` once no handler's promise is pending. */
  whenIdle(callback: () => void): void;
  /** Runs `callback` once no connection is left. */
  whenEmpty(callback: () => void): void;
}

/** Fills in the defaults. Throws `INVALID_OPTION` with the option's name and the value. */
export function readCloseOptions(options: CloseOptions): Required<CloseOptions> {
  checkNames(options, ["code", "reason", "timeout", "spread"]);
  const { code = CloseCode.goingAway, reason = GOING_AWAY, timeout = 5_000, spread = 0 } = options;
  checkCloseCode(code);
  checkPositive("timeout", timeout);
  // Clients wait with a timer of their runtime's, which ends at once where its time is longer.
  if (!(typeof spread === "number" && spread >= 0 && spread < 2 ** 31)) {
    throw invalid("spread", spread, "a number from 0 up to 2147483647 (24 days)");
  }
  return { code, reason, timeout, spread };
}

/**
 * Closes all connections of a hub that lets nobody in any more: handlers finish first, then each client is
 * sent what is queued, told when to reconnect, and closed. Resolves when all are gone.
 */
export function shutdown(
  { context, clients, whenIdle, whenEmpty }: ShutdownHost,
  { code, reason, timeout, spread }: Required<CloseOptions>,
): Promise<void> {
  const { clock, closing } = context;
  closing.timeout = timeout;
  let isStarted = false;
  const closeClients = (): void => {
    if (isStarted) return;
    isStarted = true;
    const { size } = clients;
    let place = 0;
    // A listener that still broadcasts must not reach some of them, or any after its last message.
    context.together(() => {
      for (const client of clients) {
        // Evenly over the time, each at a moment of its own.
        const delay = Math.round((spread * (place++ + 0.5)) / size);
        if (spread > 0 && !isBehind(client)) client.push({ type: "reconnect", payload: { delay } });
        client.close(code, reason);
      }
    });
  };
  return new Promise((resolve) => {
    // Handlers have half of the time, the closing handshakes at least the other half.
    const handlers = new Deadline(clock, timeout / 2, closeClients);
    const handshakes = new Deadline(clock, timeout, () => {
      for (const client of clients) client.terminate("It did not finish closing.");
    });
    whenIdle(closeClients);
    whenEmpty(() => {
      handlers.clear();
      handshakes.clear();
      resolve();
    });
  });
}

/** Whether messages of a room still wait for a client: one that is told to reconnect has everything. */
function isBehind({ outbox }: AnyClient): boolean {
  return outbox.lag !== undefined && outbox.lag.cursors.size > 0;
}
