import type { Client } from "../client.js";
import { deliver } from "../delivery/fan-out.js";
import { checkType } from "../delivery/lag-policy.js";
import { Message } from "../delivery/message.js";
import type { Hub } from "../hub.js";
import type { Envelope, User } from "../protocol/types.js";
import type { Room } from "../room.js";
import { checkNames, checkPositive } from "../util/checks.js";
import { type Receipt, Receipts } from "./receipts.js";

/** How to ask clients for an answer. */
export interface RequestOptions<U extends User = User, D = Record<string, unknown>> {
  /** Milliseconds that each may take. Default 10000. */
  readonly timeout?: number | undefined;
  /** Not asked: one client or several. */
  readonly except?: Client<U, D> | Iterable<Client<U, D>> | undefined;
}

/** What the server asks of clients, and has not been answered yet. */
export class Requests<U extends User, D> {
  readonly #hub: Hub<U, D>;
  readonly #open = new Map<string, Receipts<U, D>>();
  #lastId = 0;

  constructor(hub: Hub<U, D>) {
    this.#hub = hub;
  }

  /** Asks clients at the end of this turn. */
  ask(
    envelope: Envelope,
    clients: ReadonlySet<Client<U, D>>,
    { timeout = 10_000, except, ...rest }: RequestOptions<U, D>,
  ): Receipts<U, D> {
    checkType(envelope.type);
    checkNames(rest, ["timeout", "except"]);
    checkPositive("timeout", timeout);
    const { clock } = this.#hub.settings;
    // The sign tells it from the ids that clients choose.
    const id = `#${(++this.#lastId).toString(36)}`;
    const message = new Message({ ...envelope, id, timestamp: this.#hub.timestamp() });
    const asked = new Set(clients);
    if (except !== undefined) {
      for (const client of Symbol.iterator in except ? except : [except]) asked.delete(client);
    }
    const receipts = new Receipts(asked, envelope.room, () => {
      this.#open.delete(id);
      clock.clearTimeout(timer);
    });
    const timer = clock.setTimeout(() => receipts.expire(), timeout);
    this.#open.set(id, receipts);
    deliver(message, asked, undefined);
    receipts.start();
    return receipts;
  }

  /** Asks one client. */
  async askOne(
    envelope: Envelope,
    client: Client<U, D>,
    options: RequestOptions<U, D>,
  ): Promise<Receipt<U, D>> {
    const receipts = this.ask(envelope, new Set([client]), options);
    if (!client.isOpen) receipts.settle(client, "left");
    const { value } = await receipts.next();
    return value as Receipt<U, D>;
  }

  /** A client answers. An answer that nobody waits for any more is late, or made up. */
  answer(client: Client<U, D>, id: string | undefined, payload: unknown): void {
    if (id !== undefined) this.#open.get(id)?.settle(client, "ack", payload);
  }

  /** A client left a room; or is gone, without one. */
  left(client: Client<U, D>, room?: Room<U, D>): void {
    for (const receipts of [...this.#open.values()]) {
      if (room === undefined || receipts.room === room.id) receipts.settle(client, "left");
    }
  }
}
