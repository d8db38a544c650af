import type {
  Batch,
  Client,
  Clock,
  Hub,
  HubOptions,
  Receiver,
  RoomcastError,
} from "../../index.js";
import type { Chronicle, Complain } from "../check/reference-model.js";
import type { Random } from "../plan/random.js";
import type { WatchedStore } from "./history-store.js";
import type { SimulatedLine } from "./network-link.js";
import type { Remote } from "./participant.js";
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
  readonly store: WatchedStore | undefined;
  readonly random: Random;
  /** Milliseconds that `authorize` takes at most. */
  readonly doubt: number;
  readonly chronicle: Chronicle;
  readonly complain: Complain;
  /** Who holds the other end of a line. */
  remoteOf(line: SimulatedLine): Remote;
}

/** What was written to a line. */
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
  readonly store: WatchedStore | undefined;
  /** By line: its client. */
  readonly clients = new Map<SimulatedLine, Client>();
  isDead = false;
  readonly #context: ServerContext;
  readonly #lines = new Map<Client, SimulatedLine>();
  /** Since when a client lags. */
  readonly #lagging = new Map<Client, number>();
  /** By client and room, while `authorize` is asked: how often the user had been taken out then. */
  readonly #asked = new Map<Client, Map<string, number>>();
  #doubts = 0;
  #opening: SimulatedLine | undefined;
  readonly #turns = new Map<SimulatedLine, Written>();

  constructor(
    context: ServerContext,
    createHub: (options: HubOptions) => Hub,
    options: Partial<HubOptions>,
  ) {
    // What a dead process would still do on its promises is not done.
    const complain: Complain = (rule, text) => {
      if (!this.isDead) context.complain(rule, text);
    };
    this.#context = { ...context, complain };
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
        warn: (...data) => complain("no errors", `the hub warned: ${data.join(" ")}`),
        error: (...data) => complain("no errors", `the hub logged: ${data.join(" ")}`),
      },
    });
    this.#listen();
  }

  /** Takes in a line. */
  accept(line: SimulatedLine): Receiver {
    const { user } = this.#context.remoteOf(line);
    this.#opening = line;
    const receiver = this.hub.accept(line.socket, { user: { id: user, name: user } });
    this.#opening = undefined;
    return receiver;
  }

  /** Dies, with everything in its memory. */
  crash(): void {
    this.isDead = true;
    this.clock.kill();
    for (const line of this.clients.keys()) line.crash();
  }

  /** The client of a line, as long as it is open. */
  clientOf(line: SimulatedLine | undefined): Client | undefined {
    const client = line && this.clients.get(line);
    return client?.isOpen === true ? client : undefined;
  }

  /** Whose lines are in a room now. */
  *linesIn(room: string): Iterable<SimulatedLine> {
    for (const client of this.hub.room(room).clients) {
      const line = this.#lines.get(client);
      if (line !== undefined) yield line;
    }
  }

  /** What must hold at any moment. */
  check(): void {
    if (this.isDead) return;
    const { complain } = this.#context;
    const { lagTimeout } = this.hub.settings;
    let lagging = 0;
    for (const [client, since] of this.#lagging) {
      if (!client.isOpen) continue;
      lagging++;
      const ms = this.clock.now() - since;
      if (lagTimeout !== false && ms > lagTimeout + LAG_MARGIN) {
        complain("lag ends", `${this.#nameOf(client)} has lagged for ${ms} ms, and is open`);
      }
    }
    const stats = this.hub.stats();
    if (stats.lagging !== lagging) {
      complain("stats are true", `${stats.lagging} lag by the stats, ${lagging} by the events`);
    }
    if (stats.clients !== this.clients.size) {
      complain("stats are true", `${stats.clients} of ${this.clients.size} clients are in stats`);
    }
  }

  /**
   * A batch was written, with `waiting` bytes before it. A client that keeps up is bounded by what a turn
   * brings alone. When a turn begins with more than `maxBufferedBytes` waiting, which is at most what waited
   * after the turn before, the client is slow: until it has recovered, as much again may wait, and no more.
   * So at most twice `maxBufferedBytes` wait, and what one turn brought.
   */
  written(line: SimulatedLine, batch: Batch, waiting: number): void {
    const { maxBufferedBytes } = this.hub.settings;
    const turn = this.#turns.get(line) ?? { after: 0, isOver: true, isSlow: false, ceiling: 0 };
    this.#turns.set(line, turn);
    if (turn.isOver) {
      if (!turn.isSlow && turn.after > maxBufferedBytes) {
        turn.ceiling = Math.max(turn.ceiling, turn.after + maxBufferedBytes);
      }
      // What the network took during the turn may have come too late to count.
      turn.isSlow = waiting > maxBufferedBytes;
    }
    turn.isOver = batch.size <= ONE_WRITE;
    turn.after = line.socket.bufferedAmount;
    if (!turn.isSlow || turn.after <= turn.ceiling) return;
    const { who } = this.#context.remoteOf(line);
    const text = `${turn.after} bytes wait for ${who}, where at most ${turn.ceiling} may`;
    this.#context.complain("memory is bounded", text);
  }

  /** What must hold once it has closed: nothing is left. */
  checkClosed(): void {
    const { complain } = this.#context;
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
      if (count !== undefined && count !== 0) complain("nothing is left", `${count} ${name}`);
    }
    // Each answer that is still out has one timer that gives it up.
    const awaited = this.#doubts + (this.store?.pending ?? 0);
    const timers = this.clock.pendingTimers - awaited;
    if (timers > 0) complain("nothing is left", `${timers} timers of a closed hub`);
  }

  #authorize(client: Client, action: string, room: string): boolean | Promise<boolean> {
    const { chronicle, doubt, random } = this.#context;
    const verdict = chronicle.mayEnter(client.user.id, room);
    if (action === "join") {
      const asked = this.#asked.get(client) ?? new Map<string, number>();
      this.#asked.set(client, asked.set(room, chronicle.removals(client.user.id, room)));
    }
    if (doubt === 0 || random.chance(0.3)) return verdict;
    this.#doubts++;
    return new Promise((resolve) => {
      this.#context.world.setTimeout(
        () => {
          this.#doubts--;
          resolve(verdict);
        },
        random.between(0, doubt),
      );
    });
  }

  #listen(): void {
    const { hub } = this;
    const { chronicle, complain } = this.#context;
    hub.on("connect", ({ client }) => {
      const line = this.#opening as SimulatedLine;
      this.clients.set(line, client);
      this.#lines.set(client, line);
    });
    hub.on("disconnect", ({ client }) => {
      this.clients.delete(this.#lines.get(client) as SimulatedLine);
      this.#lagging.delete(client);
      this.#asked.delete(client);
    });
    hub.on("join", ({ client, room }) => {
      if (this.isDead) return;
      const { id } = client.user;
      const removals = this.#asked.get(client)?.get(room.id) ?? chronicle.removals(id, room.id);
      if (!chronicle.mayEnter(id, room.id) || removals !== chronicle.removals(id, room.id)) {
        complain("nobody is where they may not be", `${id} came into ${room.id}`);
      }
      if (room.position !== undefined) chronicle.enter(id, room.id, room.position);
    });
    hub.on("leave", ({ client, room, reason }) => {
      if (this.isDead) return;
      const { id } = client.user;
      const line = this.#lines.get(client) as SimulatedLine;
      const remote = this.#context.remoteOf(line);
      if (reason === "left" && !remote.hasLeft(room.id, line)) {
        complain("reasons are true", `${remote.who} "left" ${room.id}, and did not want to`);
      }
      const isLast = [...room.clients].every(({ user }) => user.id !== id);
      if (reason === "timeout" || !isLast || room.position === undefined) return;
      chronicle.leave(id, room.id, room.position);
    });
    hub.on("lag", ({ client }) => this.#lagging.set(client, this.clock.now()));
    hub.on("recovered", ({ client }) => {
      this.#lagging.delete(client);
      const turn = this.#turns.get(this.#lines.get(client) as SimulatedLine);
      if (turn !== undefined) Object.assign(turn, { isSlow: false, ceiling: 0 });
    });
    hub.on("error", ({ error }) => this.#failed(error));
  }

  #failed(error: RoomcastError): void {
    const isInjected = error.code === "HISTORY_FAILED" && (this.store?.failed ?? 0) > 0;
    if (isInjected) return;
    this.#context.complain("no errors", `${error.code}: ${error.message} ${error.cause ?? ""}`);
  }

  #nameOf(client: Client): string {
    const line = this.#lines.get(client);
    return line === undefined ? "?" : this.#context.remoteOf(line).who;
  }
}
