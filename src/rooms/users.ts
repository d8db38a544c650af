import type { AnyClient } from "../client.js";

/**
 * On this node: the connections of each user. Most users have one, so most entries are that client itself: a
 * set for each would be a good part of what an idle connection costs.
 */
export class Users {
  readonly #entries = new Map<string, AnyClient | Set<AnyClient>>();
  /** How many users have several connections. */
  #shared = 0;

  /** How many users there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether a user has a connection. */
  has(userId: string): boolean {
    return this.#entries.has(userId);
  }

  /** The connections of a user. */
  clientsOf(userId: string): ReadonlySet<AnyClient> {
    const entry = this.#entries.get(userId);
    if (entry instanceof Set) return entry;
    return entry === undefined ? NOBODY : new Set([entry]);
  }

  /** Whether any connection of a user is in a set. */
  isAnyIn(userId: string, clients: ReadonlySet<AnyClient>): boolean {
    const entry = this.#entries.get(userId);
    if (!(entry instanceof Set)) return entry !== undefined && clients.has(entry);
    for (const client of entry) if (clients.has(client)) return true;
    return false;
  }

  /** Whether another connection of a client's user is in a set. */
  isAnotherIn(client: AnyClient, clients: ReadonlySet<AnyClient>): boolean {
    const entry = this.#entries.get(client.user.id);
    if (!(entry instanceof Set)) return false;
    for (const sibling of entry) if (sibling !== client && clients.has(sibling)) return true;
    return false;
  }

  /** Of each user in a set, the client that came first, in the set's order. A new array. */
  distinct(clients: ReadonlySet<AnyClient>): AnyClient[] {
    const all = [...clients];
    if (this.#shared === 0) return all;
    const seen = new Set<string>();
    return all.filter(({ user }) => !seen.has(user.id) && seen.add(user.id));
  }

  /** A connection is there. */
  add(client: AnyClient): void {
    const { id } = client.user;
    const entry = this.#entries.get(id);
    if (entry === undefined) this.#entries.set(id, client);
    else if (entry instanceof Set) entry.add(client);
    else {
      this.#entries.set(id, new Set([entry, client]));
      this.#shared++;
    }
  }

  /** A connection is gone. */
  delete(client: AnyClient): void {
    const { id } = client.user;
    const entry = this.#entries.get(id);
    if (entry === client) {
      this.#entries.delete(id);
    } else if (entry instanceof Set) {
      entry.delete(client);
      const [last] = entry;
      if (entry.size !== 1 || last === undefined) return;
      this.#entries.set(id, last);
      this.#shared--;
    }
  }
}

const NOBODY: ReadonlySet<never> = new Set<never>();
