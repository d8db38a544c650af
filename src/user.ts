import type { Client, SendOptions } from "./client.js";
import { deliver } from "./delivery/fan-out.js";
import { checkPolicy, checkType } from "./delivery/lag-policy.js";
import { Message } from "./delivery/message.js";
import type { Hub } from "./hub.js";
import type { User } from "./protocol/types.js";

/** One user, on however many connections: tabs, devices. Had from `hub.user(id)`; may be held. */
export class UserHandle<U extends User = User, D = Record<string, unknown>> {
  /** The user's id. */
  readonly id: string;
  readonly #hub: Hub<U, D>;

  /** @internal */
  constructor(hub: Hub<U, D>, id: string) {
    this.#hub = hub;
    this.id = id;
  }

  /** The user's connections; none if the user is not online. */
  get clients(): ReadonlySet<Client<U, D>> {
    return this.#hub.users.clientsOf(this.id);
  }

  /** Whether the user has a connection. */
  get isOnline(): boolean {
    return this.clients.size > 0;
  }

  /**
   * Sends a message to all of the user's connections. Nobody there is no error.
   *
   * @throws TypeError if `payload` cannot be written as JSON.
   */
  send(type: string, payload?: unknown, { policy = "queue" }: SendOptions = {}): void {
    checkType(type);
    checkPolicy(policy);
    const timestamp = this.#hub.timestamp();
    deliver(new Message({ type, payload, timestamp }, policy), this.clients, undefined);
  }
}
