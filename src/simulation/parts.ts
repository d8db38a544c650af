import type { AbortSignalLike, ConnectOptions, Status } from "../browser/index.js";
import type { Clock, HistoryStore, Hub, HubOptions, Member } from "../index.js";

/** What a simulation is made of: a hub of yours, and remote ends of ours. */
export interface SimulationParts {
  /** `connect` of `roomcast/browser`. */
  readonly connect: (url: string, options: ConnectOptions) => ConnectionLike;
  /**
   * Makes the hub, also after a restart. MUST hand on the clock, `authorize`, the logger and the store that
   * it is given; the rest may be overridden.
   */
  readonly createHub: (options: HubOptions) => Hub;
  /**
   * Makes the store of a hub's histories: `(options) => new MemoryHistory(options)`. Without it the hub has
   * its own, which is never slow, and never fails.
   */
  readonly createHistory?: ((options: { readonly clock: Clock }) => HistoryStore) | undefined;
}

/** What is used of a `Connection` of `roomcast/browser`. */
export interface ConnectionLike {
  /** What it is doing now. */
  readonly status: Status;
  /** Listens for `status` and `error`. */
  on<E extends object>(type: string, listener: (event: E) => unknown): () => void;
  /** Joins a room. */
  join(roomId: string, options: { readonly signal: AbortSignalLike }): Promise<RoomLike>;
  /** Asks the server. */
  request(type: string, payload: unknown): Promise<unknown>;
  /** Closes for good. */
  close(): void;
}

/** What is used of a `Room` of `roomcast/browser`. */
export interface RoomLike {
  /** The room's name. */
  readonly id: string;
  /** Who is in the room. */
  readonly members: readonly Member[];
  /** How many are. */
  readonly count: number | undefined;
  /** Whether one is in the room now. */
  readonly isJoined: boolean;
  /** Listens for messages, and for `gap` and `left`. */
  on<E extends object>(type: string, listener: (event: E) => unknown): () => void;
  /** Sends a message to the others. */
  send(payload: unknown): Promise<unknown>;
  /** Shows that one is typing. */
  typing(): void;
  /** Leaves the room. */
  leave(): void;
}

/** How a rule was broken. */
export interface Violation {
  /** Which one, in a few words. */
  readonly rule: string;
  /** What happened. */
  readonly text: string;
}
