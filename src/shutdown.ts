import type { Hub } from "./hub.js";
import { CloseCode } from "./protocol/close-codes.js";
import type { User } from "./protocol/types.js";
import { checkCloseCode, checkNames, checkPositive, invalid } from "./util/checks.js";

/** How to close a hub. */
export interface CloseOptions {
  /** Default 1001, "going away", with which clients come back. */
  readonly code?: number;
  /** Default "The server is going away." */
  readonly reason?: string;
  /**
   * Milliseconds for handlers that still run and for the closing handshakes; who is not done by then is
   * cut off. Default 5000.
   */
  readonly timeout?: number;
  /**
   * Milliseconds over which clients are to come back: each is told a delay of its own, so that they do
   * not all come at once. Default 0: each comes when it likes.
   */
  readonly spread?: number;
}

/** What clients are told when a hub closes. */
export const GOING_AWAY = "The server is going away.";

/** Checks the options and fills them in. */
export function readCloseOptions(options: CloseOptions): Required<CloseOptions> {
  checkNames(options, ["code", "reason", "timeout", "spread"]);
  const { code = CloseCode.goingAway, reason = GOING_AWAY, timeout = 5_000, spread = 0 } = options;
  checkCloseCode(code);
  checkPositive("timeout", timeout);
  if (spread !== 0 && !(spread > 0 && Number.isFinite(spread))) {
    throw invalid("spread", spread, "a number from 0 up");
  }
  return { code, reason, timeout, spread };
}

/**
 * Closes all connections of a hub that lets nobody in any more: handlers finish first, then everybody is
 * told when to come back, and sent what is queued. Resolves when all are gone.
 */
export function closeAll<U extends User, D>(
  hub: Hub<U, D>,
  { code, reason, timeout, spread }: Required<CloseOptions>,
): Promise<void> {
  const { clock } = hub.settings;
  let isSaid = false;
  const sayGoodbye = (): void => {
    if (isSaid) return;
    isSaid = true;
    const { size } = hub.clients;
    let place = 0;
    for (const client of hub.clients) {
      // Evenly over the time, each at a moment of its own.
      const delay = Math.round((spread * (place++ + 0.5)) / size);
      if (spread > 0) client.answer({ type: "reconnect", payload: { delay } });
      client.close(code, reason);
    }
  };
  return new Promise((resolve) => {
    // Handlers have half of the time, the closing handshakes at least the other half.
    const handlers = clock.setTimeout(sayGoodbye, timeout / 2);
    const handshakes = clock.setTimeout(() => {
      for (const client of hub.clients) client.terminate("It did not finish closing.");
    }, timeout);
    hub.dispatcher.whenIdle(sayGoodbye);
    hub.whenEmpty(() => {
      clock.clearTimeout(handlers);
      clock.clearTimeout(handshakes);
      resolve();
    });
  });
}
