import type { AnyClient } from "../client.js";

/**
 * On this node: the connections of each user. Most users have one, so most entries are that client itself: a
 * set for each would be a good part of what an idle connection costs.
 */
export class Users {
  readonly #entries = new Map<string, AnyClient | Set<AnyClient>>();

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
    return isAnyIn(entry, clients, userId, undefined);
  }

  /** Whether another connection of a client's user is in a set. */
  isAnotherIn(client: AnyClient, clients: ReadonlySet<AnyClient>): boolean {
    const { id } = client.identity;
    const entry = this.#entries.get(id);
    return entry instanceof Set && isAnyIn(entry, clients, id, client);
  }

  /** Of each user in a room, the client that came first, in the room's order. A new array. */
  distinct(room: { readonly clients: ReadonlySet<AnyClient>; readonly userCount: number }) {
    const all = [...room.clients];
    if (all.length === room.userCount) return all;
    const seen = new Set<string>();
    return all.filter(({ identity: { id } }) => !seen.has(id) && seen.add(id));
  }

  /** A connection is there. */
  add(client: AnyClient): void {
    const { id } = client.identity;
    const entry = this.#entries.get(id);
    if (entry === undefined) this.#entries.set(id, client);
    else if (entry instanceof Set) entry.add(client);
    else this.#entries.set(id, new Set([entry, client]));
  }

  /** A connection is gone. */
  delete(client: AnyClient): void {
    const { id } = client.identity;
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

/** Whether any of a user's clients but one is in a set. Walks through the smaller of both. */
function isAnyIn(
  own: ReadonlySet<AnyClient>,
  clients: ReadonlySet<AnyClient>,
  userId: string,
  except: AnyClient | undefined,
): boolean {
  if (clients.size < own.size) {
    for (const client of clients)
      if (client !== except && client.identity.id === userId) return true;
    return false;
  }
  for (const client of own) if (client !== except && clients.has(client)) return true;
  return false;
}

const NOBODY: ReadonlySet<never> = new Set<never>();
