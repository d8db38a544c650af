import type { Client } from "../client.js";
import type { User } from "../protocol/types.js";

/**
 * Whose connections are whose. Most users have one, so most entries are that client itself: a set for
 * each would be a good part of what an idle connection costs.
 */
export class Users<U extends User, D> {
  readonly #entries = new Map<string, Client<U, D> | Set<Client<U, D>>>();

  /** How many users there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether a user has a connection. */
  has(userId: string): boolean {
    return this.#entries.has(userId);
  }

  /** The connections of a user. */
  clientsOf(userId: string): ReadonlySet<Client<U, D>> {
    const entry = this.#entries.get(userId);
    if (entry instanceof Set) return entry;
    return entry === undefined ? NOBODY : new Set([entry]);
  }

  /** Whether any connection of a user is in a set. */
  isAnyIn(userId: string, clients: ReadonlySet<Client<U, D>>): boolean {
    const entry = this.#entries.get(userId);
    if (!(entry instanceof Set)) return entry !== undefined && clients.has(entry);
    for (const client of entry) if (clients.has(client)) return true;
    return false;
  }

  /** Whether another connection of a client's user is in a set. */
  isAnotherIn(client: Client<U, D>, clients: ReadonlySet<Client<U, D>>): boolean {
    const entry = this.#entries.get(client.user.id);
    if (!(entry instanceof Set)) return false;
    for (const sibling of entry) if (sibling !== client && clients.has(sibling)) return true;
    return false;
  }

  /** A connection is there. */
  add(client: Client<U, D>): void {
    const { id } = client.user;
    const entry = this.#entries.get(id);
    if (entry === undefined) this.#entries.set(id, client);
    else if (entry instanceof Set) entry.add(client);
    else this.#entries.set(id, new Set([entry, client]));
  }

  /** A connection is gone. */
  delete(client: Client<U, D>): void {
    const { id } = client.user;
    const entry = this.#entries.get(id);
    if (entry === client) {
      this.#entries.delete(id);
    } else if (entry instanceof Set) {
      entry.delete(client);
      const [last] = entry;
      if (entry.size === 1 && last !== undefined) this.#entries.set(id, last);
    }
  }
}

const NOBODY: ReadonlySet<never> = new Set<never>();
