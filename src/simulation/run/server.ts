import type { Batch, Client, Hub, HubOptions, Receipt, Receiver } from "../../index.js";
import type { VirtualClock } from "../../testing/index.js";
import { type CheckedServer, HubChecker } from "../check/hub-checker.js";
import type { ReferenceModel } from "../check/reference-model.js";
import type { Fail } from "../check/rules.js";
import type { Random } from "../plan/random.js";
import type { Step } from "../plan/steps.js";
import type { SimulatedHistoryStore } from "./history-store.js";
import type { NetworkLink } from "./network-link.js";
import type { Participant } from "./participant.js";
import type { ProcessClock } from "./process-clock.js";

/** What a server needs. */
export interface ServerContext {
  /** The clock of its process. */
  readonly clock: ProcessClock;
  /** The clock of what answers it: it goes on when the process dies. */
  readonly sharedClock: VirtualClock;
  readonly store: SimulatedHistoryStore | undefined;
  readonly random: Random;
  /** Longest time that `authorize` takes (ms). */
  readonly authorizeDelay: number;
  readonly model: ReferenceModel;
  readonly fail: Fail;
  /** Makes a payload that differs from all others. */
  readonly nextMark: () => number;
  /** The participant at the remote end of a link. */
  participantOf(link: NetworkLink): Participant;
}

/** A request to everyone in a room, and who has answered. */
export interface PendingRequest {
  /** Number of members when it was sent. */
  readonly expected: number;
  readonly clients: Set<Client>;
  isDone: boolean;
}

/** One process of the server: a hub, the actions that a plan has for it, and a checker of what it does. */
export class Server implements CheckedServer {
  readonly hub: Hub;
  readonly clock: ProcessClock;
  readonly store: SimulatedHistoryStore | undefined;
  readonly requests: PendingRequest[] = [];
  isDead = false;
  pendingAuthorizations = 0;
  readonly #context: ServerContext;
  readonly #checker: HubChecker;
  readonly #clients = new Map<NetworkLink, Client>();
  /** Kept after the client is gone, for messages about it. */
  readonly #links = new Map<Client, NetworkLink>();
  /** The link that the hub is accepting. */
  #accepting: NetworkLink | undefined;

  constructor(
    context: ServerContext,
    createHub: (options: HubOptions) => Hub,
    options: Partial<HubOptions>,
  ) {
    // Promises of a dead process may still go on. What they do does not count.
    const fail: Fail = (rule, message) => {
      if (!this.isDead) context.fail(rule, message);
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
    this.hub.on("connect", ({ client }) => {
      const link = this.#accepting as NetworkLink;
      this.#clients.set(link, client);
      this.#links.set(client, link);
    });
    this.hub.on("disconnect", ({ client }) => {
      this.#clients.delete(this.#links.get(client) as NetworkLink);
    });
    this.#checker = new HubChecker(this, context.model, fail);
  }

  /** Number of connections. */
  get size(): number {
    return this.#clients.size;
  }

  accept(link: NetworkLink): Receiver {
    const { userId } = this.#context.participantOf(link);
    this.#accepting = link;
    const receiver = this.hub.accept(link.socket, { user: { id: userId, name: userId } });
    this.#accepting = undefined;
    return receiver;
  }

  /** Closes the hub, as a process does that is asked to stop. */
  close(): void {
    void this.hub.close({ timeout: 4_000, spread: 2_000 }).then(() => {
      if (!this.isDead) this.#checker.checkClosed();
      this.isDead = true;
    });
  }

  /** The process dies, with everything in its memory. */
  crash(): void {
    this.isDead = true;
    this.clock.kill();
    for (const link of this.#clients.keys()) link.crash();
  }

  /** Checks what holds at any moment. */
  check(): void {
    this.#checker.check();
  }

  /** The open client of a link, if there is one. */
  clientOf(link: NetworkLink | undefined): Client | undefined {
    const client = link && this.#clients.get(link);
    return client?.isOpen === true ? client : undefined;
  }

  nameOf(client: Client): string {
    const link = this.#links.get(client);
    return link === undefined ? "an unknown client" : this.#context.participantOf(link).id;
  }

  hasLeft(client: Client, room: string): boolean {
    const link = this.#links.get(client) as NetworkLink;
    return this.#context.participantOf(link).hasLeft(room, link);
  }

  /** A batch was written to a link. `before` is what waited before that (bytes). */
  written(link: NetworkLink, batch: Batch, before: number): void {
    const client = this.#clients.get(link);
    if (client === undefined) return;
    this.#checker.written(client, batch, before, link.socket.bufferedAmount);
  }

  broadcast(step: Extract<Step, { action: "broadcast" }>, excluded: NetworkLink | undefined): void {
    const { model } = this.#context;
    const room = this.hub.room(step.room);
    const except = this.clientOf(excluded);
    const isMember = except !== undefined && room.has(except);
    for (let index = 0; index < step.count; index++) {
      const payload = this.#payload(step.size);
      if (step.kind === "drop") {
        room.broadcast("moment", payload, { except, policy: "drop" });
      } else if (step.kind === "latest") {
        room.broadcast("moment", payload, { except, policy: { latest: "key" } });
      } else {
        room.broadcast("news", payload, { except });
        // Undefined in a room that nobody is in, and that keeps no history: nobody gets the message.
        const { position } = room;
        if (position === undefined) continue;
        model.recordMessage(step.room, position, { type: "news", payload }, "the server");
        if (isMember) model.recordExclusion(step.room, position, (excluded as NetworkLink).index);
      }
    }
  }

  /** Sends messages to one client. */
  direct(step: Extract<Step, { action: "direct" }>, link: NetworkLink | undefined): void {
    const client = this.clientOf(link);
    const policy = step.policy === "latest" ? { latest: "key" } : step.policy;
    for (let index = 0; index < step.count; index++) {
      client?.send("note", this.#payload(step.size), { policy });
    }
  }

  setPresence(link: NetworkLink | undefined): void {
    this.clientOf(link)?.setPresence({ mark: this.#context.nextMark() });
  }

  /** Removes a user from a room. */
  revoke(user: string, room: string): void {
    if (this.isDead) return;
    const { position } = this.hub.room(room);
    if (position !== undefined) this.#context.model.recordLeave(user, room, position);
    void this.hub.revoke(user, room);
  }

  /** Sends a request to everyone in a room. */
  async request(roomId: string, timeout: number): Promise<void> {
    const room = this.hub.room(roomId);
    const request: PendingRequest = { expected: room.size, clients: new Set(), isDone: false };
    this.requests.push(request);
    for await (const receipt of room.request("ask", null, { timeout })) {
      this.#receive(request, receipt);
    }
    request.isDone = true;
  }

  #receive({ clients }: PendingRequest, { client }: Receipt): void {
    if (clients.has(client)) {
      this.#context.fail("one receipt per member", `${this.nameOf(client)} has two`);
    }
    clients.add(client);
  }

  #payload(size: number): { readonly mark: number; readonly pad: string } {
    return { mark: this.#context.nextMark(), pad: "x".repeat(size) };
  }

  #authorize(client: Client, action: string, room: string): boolean | Promise<boolean> {
    const { model, authorizeDelay, random, sharedClock } = this.#context;
    const isAllowed = model.mayJoin(client.user.id, room);
    if (action === "join") this.#checker.joining(client, room);
    if (authorizeDelay === 0 || random.chance(0.3)) return isAllowed;
    this.pendingAuthorizations++;
    return new Promise((resolve) => {
      const answer = () => {
        this.pendingAuthorizations--;
        resolve(isAllowed);
      };
      sharedClock.setTimeout(answer, random.between(0, authorizeDelay));
    });
  }
}
