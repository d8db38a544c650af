import type { AbortSignalLike, ConnectionStatus, ConnectOptions } from "../browser/index.js";
import type { Clock, HistoryStore, Hub, HubOptions, Member } from "../index.js";

/**
 * The code to simulate: your hub and its history, and the client that connects to it.
 *
 * @category Options
 */
export interface SimulationParts {
  /** `connect` of `roomcast/browser`. */
  readonly connect: (url: string, options: ConnectOptions) => ConnectionLike;
  /**
   * Makes the hub; called again after each restart. MUST pass on `clock`, `authorize`, `logger` and
   * `historyStore` as given. Other options may be overridden.
   */
  readonly createHub: (options: HubOptions) => Hub;
  /**
   * Makes the history store of a hub: `(options) => new MemoryHistory(options)`. The simulation then delays
   * its answers and has some fail. Default: the hub's own store, without delays and failures.
   */
  readonly createHistory?: ((options: { readonly clock: Clock }) => HistoryStore) | undefined;
}

/**
 * What the simulation uses of a `Connection` of `roomcast/browser`.
 *
 * @category For other runtimes
 */
export interface ConnectionLike {
  /** The current state. */
  readonly status: ConnectionStatus;
  /** Adds a listener for `status` or `error`. */
  on<E extends object>(type: string, listener: (event: E) => unknown): () => void;
  /** Joins a room. */
  join(roomId: string, options: { readonly signal: AbortSignalLike }): Promise<RoomLike>;
  /** Sends a request to the server. */
  request(type: string, payload: unknown): Promise<unknown>;
  /** Closes the connection for good. */
  close(): void;
}

/**
 * What the simulation uses of a `Room` of `roomcast/browser`.
 *
 * @category For other runtimes
 */
export interface RoomLike {
  /** The room's name. */
  readonly id: string;
  /** The members of the room. */
  readonly members: readonly Member[];
  /** Number of members. */
  readonly count: number | undefined;
  /** Whether this connection is in the room now. */
  readonly isJoined: boolean;
  /** Adds a listener for a message type, `gap` or `left`. */
  on<E extends object>(type: string, listener: (event: E) => unknown): () => void;
  /** Sends a message to the others. */
  send(payload: unknown): Promise<unknown>;
  /** Shows the others that this user is typing. */
  typing(): void;
  /** Leaves the room. */
  leave(): void;
}
