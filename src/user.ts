import type { AnyClient, Client, SendOptions } from "./client.js";
import { compose } from "./delivery/compose.js";
import { fanOut } from "./delivery/fan-out.js";
import type { User } from "./protocol/types.js";

/** What a user's handle needs of its hub. */
export interface UserHost {
  readonly context: { timestamp(): string };
  readonly users: { clientsOf(userId: string): ReadonlySet<AnyClient> };
  readonly presence: { setState(client: AnyClient, state: unknown): void };
}

/**
 * One user, on however many connections: tabs, devices. Had from `hub.user(id)`; may be held.
 *
 * @example
 * ```ts
 * const user = hub.user("42");
 * user.send("invoice_paid", { number: 7 }); // on all connections; not online is no error
 * user.setPresence({ status: "in a call" });
 * if (user.isOnline) console.log(`${user.clients.size} connections`);
 * await hub.revoke(user.id, "general"); // out of a room, on all connections
 * ```
 *
 * @category Main
 */
export class UserHandle<U extends User = User, D = Record<string, unknown>> {
  /** The user's id. */
  readonly id: string;
  readonly #host: UserHost;

  /** @internal */
  constructor(host: UserHost, id: string) {
    this.#host = host;
    this.id = id;
  }

  /** On this node: the user's connections. */
  get clients(): ReadonlySet<Client<U, D>> {
    return this.#host.users.clientsOf(this.id);
  }

  /** On this node: whether the user has a connection. */
  get isOnline(): boolean {
    return this.clients.size > 0;
  }

  /**
   * Sends a message to all of the user's connections. A user who is not online is no error.
   *
   * @throws RoomcastError `INVALID_OPTION`; TypeError if `payload` cannot be written as JSON.
   */
  send(type: string, payload?: unknown, { policy }: SendOptions = {}): void {
    const message = compose(this.#host.context.timestamp(), type, payload, { policy });
    fanOut<AnyClient>(message, this.clients, undefined);
  }

  /**
   * Sets the state that others see of the user, as `client.setPresence` does. Does nothing where the user is
   * not online.
   *
   * @param state Any JSON value, of which a copy is kept; undefined removes it.
   * @throws TypeError if it cannot be written as JSON.
   */
  setPresence(state: unknown): void {
    const [client] = this.clients;
    if (client !== undefined) this.#host.presence.setState(client, state);
  }
}
