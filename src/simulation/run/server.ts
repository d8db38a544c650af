import type {
  Batch,
  Client,
  Clock,
  Hub,
  HubOptions,
  Receiver,
  RoomcastError,
} from "../../index.js";
import type { Fail, ReferenceModel } from "../check/reference-model.js";
import type { Random } from "../plan/random.js";
import type { SimulatedHistoryStore } from "./history-store.js";
import type { NetworkLink } from "./network-link.js";
import type { Participant } from "./participant.js";
import type { ProcessClock } from "./process-clock.js";

/** A client is looked at so often, and a little late: milliseconds beyond its time that it may lag. */
const LAG_MARGIN = 1_000;

/** A turn that produces more text than this for one client writes in several goes. */
const ONE_WRITE = 65_536;

/** What a server is made with. */
export interface ServerContext {
  readonly clock: ProcessClock;
  /** Where the time of what the server asks of others comes from. */
  readonly world: Clock;
  readonly store: SimulatedHistoryStore | undefined;
  readonly random: Random;
  /** Milliseconds that `authorize` takes at most. */
  readonly authorizeDelay: number;
  readonly model: ReferenceModel;
  readonly fail: Fail;
  /** Who holds the other end of a link. */
  participantOf(link: NetworkLink): Participant;
}

/** What was written to a link. */
interface Written {
  /** Bytes that waited after the last write. */
  after: number;
  /** Whether the turn is over: one that brings much is written in several goes. */
  isOver: boolean;
  /** Whether more waited than may when the turn began. */
  isSlow: boolean;
  /** So many may wait while it is slow. */
  ceiling: number;
}

/** One run of the server: a hub, and whether it does what it should. */
export class Server {
  readonly hub: Hub;
  readonly clock: ProcessClock;
  readonly store: SimulatedHistoryStore | undefined;
  /** By link: its client. */
  readonly clients = new Map<NetworkLink, Client>();
  isDead = false;
  readonly #context: ServerContext;
  readonly #links = new Map<Client, NetworkLink>();
  /** Since when a client lags. */
  readonly #lagging = new Map<Client, number>();
  /** By client and room, while `authorize` is asked: how often the user had been taken out then. */
  readonly #asked = new Map<Client, Map<string, number>>();
  #pendingAuthorizations = 0;
  #opening: NetworkLink | undefined;
  readonly #turns = new Map<NetworkLink, Written>();

  constructor(
    context: ServerContext,
    createHub: (options: HubOptions) => Hub,
    options: Partial<HubOptions>,
  ) {
    // What a dead process would still do on its promises is not done.
    const fail: Fail = (rule, text) => {
      if (!this.isDead) context.fail(rule, text);
    };
    this.#context = { ...context, fail };
    this.clock = context.clock;
    this.store = context.store;
    this.hub = createHub({
      ...options,
      clock: context.clock,
      rateLimit: false,
      ...(context.store && { historyStore: context.store }),
      authorize: (client, action, room) => this.#authorize(client, action, room),
      logger: {
        debug: () => {},
        info: () => {},
        warn: (...data) => fail("no errors", `the hub warned: ${data.join(" ")}`),
        error: (...data) => fail("no errors", `the hub logged: ${data.join(" ")}`),
      },
    });
    this.#listen();
  }

  /** Takes in a link. */
  accept(link: NetworkLink): Receiver {
    const { user } = this.#context.participantOf(link);
    this.#opening = link;
    const receiver = this.hub.accept(link.socket, { user: { id: user, name: user } });
    this.#opening = undefined;
    return receiver;
  }

  /** Dies, with everything in its memory. */
  crash(): void {
    this.isDead = true;
    this.clock.kill();
    for (const link of this.clients.keys()) link.crash();
  }

  /** The client of a link, as long as it is open. */
  clientOf(link: NetworkLink | undefined): Client | undefined {
    const client = link && this.clients.get(link);
    return client?.isOpen === true ? client : undefined;
  }

  /** Whose links are in a room now. */
  *linksIn(room: string): Iterable<NetworkLink> {
    for (const client of this.hub.room(room).clients) {
      const link = this.#links.get(client);
      if (link !== undefined) yield link;
    }
  }

  /** What must hold at any moment. */
  check(): void {
    if (this.isDead) return;
    const { fail } = this.#context;
    const { lagTimeout } = this.hub.settings;
    let lagging = 0;
    for (const [client, since] of this.#lagging) {
      if (!client.isOpen) continue;
      lagging++;
      const ms = this.clock.now() - since;
      if (lagTimeout !== false && ms > lagTimeout + LAG_MARGIN) {
        fail("lag ends", `${this.#nameOf(client)} has lagged for ${ms} ms, and is open`);
      }
    }
    const stats = this.hub.stats();
    if (stats.lagging !== lagging) {
      fail("stats are true", `${stats.lagging} lag by the stats, ${lagging} by the events`);
    }
    if (stats.clients !== this.clients.size) {
      fail("stats are true", `${stats.clients} of ${this.clients.size} clients are in stats`);
    }
  }

  /**
   * A batch was written, with `waiting` bytes before it. A client that keeps up is bounded by what a turn
   * brings alone. When a turn begins with more than `maxBufferedBytes` waiting, which is at most what waited
   * after the turn before, the client is slow: until it has recovered, as much again may wait, and no more.
   * So at most twice `maxBufferedBytes` wait, and what one turn brought.
   */
  written(link: NetworkLink, batch: Batch, waiting: number): void {
    const { maxBufferedBytes } = this.hub.settings;
    const turn = this.#turns.get(link) ?? { after: 0, isOver: true, isSlow: false, ceiling: 0 };
    this.#turns.set(link, turn);
    if (turn.isOver) {
      if (!turn.isSlow && turn.after > maxBufferedBytes) {
        turn.ceiling = Math.max(turn.ceiling, turn.after + maxBufferedBytes);
      }
      // What the network took during the turn may have come too late to count.
      turn.isSlow = waiting > maxBufferedBytes;
    }
    turn.isOver = batch.size <= ONE_WRITE;
    turn.after = link.socket.bufferedAmount;
    if (!turn.isSlow || turn.after <= turn.ceiling) return;
    const { who } = this.#context.participantOf(link);
    const text = `${turn.after} bytes wait for ${who}, where at most ${turn.ceiling} may`;
    this.#context.fail("memory is bounded", text);
  }

  /** What must hold once it has closed: nothing is left. */
  checkClosed(): void {
    const { fail } = this.#context;
    const { clients, users, rooms, lagging } = this.hub.stats();
    const left = {
      clients,
      users,
      rooms,
      lagging,
      bytes: this.store?.bytes,
      open: this.store?.rooms,
    };
    for (const [name, count] of Object.entries(left)) {
      if (count !== undefined && count !== 0) fail("nothing is left", `${count} ${name}`);
    }
    // Each answer that is still out has one timer that gives it up.
    const awaited = this.#pendingAuthorizations + (this.store?.pending ?? 0);
    const timers = this.clock.pendingTimers - awaited;
    if (timers > 0) fail("nothing is left", `${timers} timers of a closed hub`);
  }

  #authorize(client: Client, action: string, room: string): boolean | Promise<boolean> {
    const { model, authorizeDelay, random } = this.#context;
    const verdict = model.mayEnter(client.user.id, room);
    if (action === "join") {
      const asked = this.#asked.get(client) ?? new Map<string, number>();
      this.#asked.set(client, asked.set(room, model.removals(client.user.id, room)));
    }
    if (authorizeDelay === 0 || random.chance(0.3)) return verdict;
    this.#pendingAuthorizations++;
    return new Promise((resolve) => {
      this.#context.world.setTimeout(
        () => {
          this.#pendingAuthorizations--;
          resolve(verdict);
        },
        random.between(0, authorizeDelay),
      );
    });
  }

  #listen(): void {
    const { hub } = this;
    const { model, fail } = this.#context;
    hub.on("connect", ({ client }) => {
      const link = this.#opening as NetworkLink;
      this.clients.set(link, client);
      this.#links.set(client, link);
    });
    hub.on("disconnect", ({ client }) => {
      this.clients.delete(this.#links.get(client) as NetworkLink);
      this.#lagging.delete(client);
      this.#asked.delete(client);
    });
    hub.on("join", ({ client, room }) => {
      if (this.isDead) return;
      const { id } = client.user;
      const removals = this.#asked.get(client)?.get(room.id) ?? model.removals(id, room.id);
      if (!model.mayEnter(id, room.id) || removals !== model.removals(id, room.id)) {
        fail("nobody is where they may not be", `${id} came into ${room.id}`);
      }
      if (room.position !== undefined) model.enter(id, room.id, room.position);
    });
    hub.on("leave", ({ client, room, reason }) => {
      if (this.isDead) return;
      const { id } = client.user;
      const link = this.#links.get(client) as NetworkLink;
      const participant = this.#context.participantOf(link);
      if (reason === "left" && !participant.hasLeft(room.id, link)) {
        fail("reasons are true", `${participant.who} "left" ${room.id}, and did not want to`);
      }
      const isLast = [...room.clients].every(({ user }) => user.id !== id);
      if (reason === "timeout" || !isLast || room.position === undefined) return;
      model.leave(id, room.id, room.position);
    });
    hub.on("lag", ({ client }) => this.#lagging.set(client, this.clock.now()));
    hub.on("recovered", ({ client }) => {
      this.#lagging.delete(client);
      const turn = this.#turns.get(this.#links.get(client) as NetworkLink);
      if (turn !== undefined) Object.assign(turn, { isSlow: false, ceiling: 0 });
    });
    hub.on("error", ({ error }) => this.#failed(error));
  }

  #failed(error: RoomcastError): void {
    const isInjected = error.code === "HISTORY_FAILED" && (this.store?.failed ?? 0) > 0;
    if (isInjected) return;
    this.#context.fail("no errors", `${error.code}: ${error.message} ${error.cause ?? ""}`);
  }

  #nameOf(client: Client): string {
    const link = this.#links.get(client);
    return link === undefined ? "?" : this.#context.participantOf(link).who;
  }
}
