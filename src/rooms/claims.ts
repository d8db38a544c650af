import type { AnyClient } from "../client.js";

/** What a client asked of a room, and waits for: to join it, to send there, or to see who is there. */
export interface Claim {
  readonly client: AnyClient;
  readonly action: "join" | "send" | "look";
  readonly roomId: string;
  /** The client was taken out meanwhile: what it may do must not be taken from an earlier answer. */
  isWithdrawn: boolean;
}

/** The claims that wait for `authorize` or a history, so that a leave or a revoke in between ends them. */
export class Claims {
  readonly #open = new Map<AnyClient, Set<Claim>>();

  /** A client begins to wait. */
  open(client: AnyClient, action: Claim["action"], roomId: string): Claim {
    const claim: Claim = { client, action, roomId, isWithdrawn: false };
    const claims = this.#open.get(client);
    if (claims === undefined) this.#open.set(client, new Set([claim]));
    else claims.add(claim);
    return claim;
  }

  /** The wait is over. */
  close(claim: Claim): void {
    const claims = this.#open.get(claim.client);
    claims?.delete(claim);
    if (claims?.size === 0) this.#open.delete(claim.client);
  }

  /** Waits for a promise, and then acts, told whether the claim still holds. */
  async after<T>(
    pending: Promise<void>,
    client: AnyClient,
    action: Claim["action"],
    roomId: string,
    act: (holds: boolean) => T,
  ): Promise<T> {
    const claim = this.open(client, action, roomId);
    try {
      await pending;
      return act(!claim.isWithdrawn);
    } finally {
      this.close(claim);
    }
  }

  /** Withdraws a client's claims on a room, or on all; those of one action, or of all. Returns whether there are any. */
  withdraw(client: AnyClient, roomId?: string, action?: Claim["action"]): boolean {
    let isAny = false;
    for (const claim of this.#open.get(client) ?? []) {
      if (roomId !== undefined && claim.roomId !== roomId) continue;
      if (action !== undefined && claim.action !== action) continue;
      claim.isWithdrawn = true;
      isAny = true;
    }
    return isAny;
  }
}
