import type { Batch, Client, Hub, RoomcastError } from "../../index.js";
import { BufferChecker } from "./buffer-checker.js";
import type { ReferenceModel } from "./reference-model.js";
import type { Fail } from "./rules.js";

/** How long a client may lag beyond `lagTimeout` (ms): the hub looks from time to time, and a little late. */
const LAG_MARGIN = 1_000;

/** The server that is checked. */
export interface CheckedServer {
  readonly hub: Hub;
  /** Whether its process has died, or its hub has closed. */
  readonly isDead: boolean;
  readonly clock: {
    monotonic(): number;
    setImmediate(callback: () => void): void;
    readonly pendingTimers: number;
  };
  readonly store:
    | {
        /** Bytes in all histories. */
        readonly bytes: number;
        /** Rooms with an open history. */
        readonly rooms: number;
        /** Reads that were not answered yet. */
        readonly pending: number;
        /** Reads that failed on purpose. */
        readonly failed: number;
      }
    | undefined;
  /** Number of connections. */
  readonly size: number;
  /** Calls of `authorize` that were not answered yet. */
  readonly pendingAuthorizations: number;
  /** The participant that a client belongs to. */
  nameOf(client: Client): string;
  /** Whether the participant asked to leave the room, or closed its connection. */
  hasLeft(client: Client, room: string): boolean;
}

/** Checks what a hub does: who joins and leaves, its statistics, lagging clients, errors, and memory. */
export class HubChecker {
  readonly #server: CheckedServer;
  readonly #model: ReferenceModel;
  readonly #fail: Fail;
  readonly #buffers: BufferChecker;
  /** Since when a client lags. */
  readonly #laggingSince = new Map<Client, number>();
  /** How often its user had been removed when a client asked to join, by room. */
  readonly #removalsAtJoin = new Map<Client, Map<string, number>>();

  constructor(server: CheckedServer, model: ReferenceModel, fail: Fail) {
    this.#server = server;
    this.#model = model;
    this.#fail = fail;
    const { maxBufferedBytes } = server.hub.limits;
    const nameOf = (client: Client) => server.nameOf(client);
    const { clock } = server;
    this.#buffers = new BufferChecker({ fail, clock, maxBufferedBytes, nameOf });
    this.#listen();
  }

  /** The hub asks whether a client may join a room. */
  joining(client: Client, room: string): void {
    const removals = this.#removalsAtJoin.get(client) ?? new Map<string, number>();
    this.#removalsAtJoin.set(client, removals);
    removals.set(room, this.#model.removals(client.user.id, room));
  }

  /** The hub wrote a batch to a client. `before` and `after` say how much waited (bytes). */
  written(client: Client, batch: Batch, before: number, after: number): void {
    this.#buffers.written(client, batch, before, after);
  }

  /** Checks what holds at any moment. */
  check(): void {
    const { clock, hub, isDead, size } = this.#server;
    if (isDead) return;
    const { lagTimeout } = hub.limits;
    let lagging = 0;
    for (const [client, since] of this.#laggingSince) {
      if (!client.isOpen) continue;
      lagging++;
      const ms = clock.monotonic() - since;
      if (lagTimeout !== false && ms > lagTimeout + LAG_MARGIN) {
        const text = `${this.#server.nameOf(client)} has lagged for ${ms} ms, and is still connected`;
        this.#fail("lagging ends", text);
      }
    }
    for (const client of hub.clients) {
      if (!this.#laggingSince.has(client)) this.#buffers.checkLive(client);
    }
    const stats = hub.stats();
    if (stats.lagging !== lagging) {
      this.#fail("stats are true", `stats() has ${stats.lagging} lagging, the events ${lagging}`);
    }
    if (stats.clients !== size) {
      this.#fail("stats are true", `stats() has ${stats.clients} clients, the events ${size}`);
    }
  }

  /** Checks that a hub that has closed leaves nothing behind. */
  checkClosed(): void {
    const { clock, hub, pendingAuthorizations, store } = this.#server;
    const { clients, users, rooms, lagging } = hub.stats();
    const counts = {
      clients,
      users,
      rooms,
      "lagging clients": lagging,
      "bytes of history": store?.bytes ?? 0,
      "open histories": store?.rooms ?? 0,
    };
    for (const [name, count] of Object.entries(counts)) {
      if (count !== 0) this.#fail("nothing is left", `a closed hub has ${count} ${name}`);
    }
    // Each answer that is still awaited has a timer that gives up on it.
    const timers = clock.pendingTimers - pendingAuthorizations - (store?.pending ?? 0);
    if (timers > 0) this.#fail("nothing is left", `a closed hub has ${timers} timers`);
  }

  #listen(): void {
    const { hub, clock } = this.#server;
    hub.on("disconnect", ({ client }) => {
      this.#laggingSince.delete(client);
      this.#buffers.gone(client);
      this.#removalsAtJoin.delete(client);
    });
    hub.on("join", ({ client, room }) => {
      if (this.#server.isDead) return;
      const { id } = client.user;
      const removals = this.#model.removals(id, room.id);
      const removalsAtJoin = this.#removalsAtJoin.get(client)?.get(room.id) ?? removals;
      if (!this.#model.mayJoin(id, room.id) || removals !== removalsAtJoin) {
        this.#fail("nobody joins without permission", `${id} joined ${room.id}`);
      }
      if (room.position !== undefined) this.#model.recordJoin(id, room.id, room.position);
    });
    hub.on("leave", ({ client, room, reason }) => {
      if (this.#server.isDead) return;
      const { id } = client.user;
      if (reason === "left" && !this.#server.hasLeft(client, room.id)) {
        const text = `${this.#server.nameOf(client)} "left" ${room.id} without asking to`;
        this.#fail("leave reasons are true", text);
      }
      const isLast = [...room.clients].every(({ user }) => user.id !== id);
      if (reason === "timeout" || !isLast || room.position === undefined) return;
      this.#model.recordLeave(id, room.id, room.position);
    });
    hub.on("lag", ({ client }) => this.#laggingSince.set(client, clock.monotonic()));
    hub.on("recovered", ({ client }) => {
      this.#laggingSince.delete(client);
      this.#buffers.recovered(client);
    });
    hub.on("error", ({ error }) => this.#failed(error));
  }

  #failed(error: RoomcastError): void {
    // The simulated history fails on purpose.
    if (error.code === "HISTORY_FAILED" && (this.#server.store?.failed ?? 0) > 0) return;
    this.#fail("no errors", `${error.code}: ${error.message} ${error.cause ?? ""}`);
  }
}
