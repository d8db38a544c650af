import type { Batch, Receipt } from "../../index.js";
import { VirtualClock } from "../../testing/index.js";
import { ReferenceModel } from "../check/reference-model.js";
import { WireChecker } from "../check/wire-checker.js";
import type { SimulationParts, Violation } from "../parts.js";
import { type Conditions, makeConditions } from "../plan/conditions.js";
import { Random } from "../plan/random.js";
import type { Step } from "../plan/steps.js";
import { SimulatedHistoryStore } from "./history-store.js";
import { NetworkLink, type NetworkObserver } from "./network-link.js";
import { Participant } from "./participant.js";
import { ProcessClock } from "./process-clock.js";
import { Server } from "./server.js";

/** What was asked of a room, and what came of it. */
interface PendingRequest {
  readonly server: Server;
  readonly expected: number;
  readonly seen: Set<unknown>;
  isDone: boolean;
}

/** So many promises in a row may follow from one event; more continue at the next one. */
const PROMISES = 16;

/** A hub, a network, and everybody who connects: what steps happen to. */
export class Simulation implements NetworkObserver {
  readonly clock: VirtualClock;
  readonly conditions: Conditions;
  readonly model = new ReferenceModel((rule, text) => this.fail(rule, text));
  readonly participants = new Map<string, Participant>();
  /** The server of now; those before it may still be closing. */
  server: Server;
  /** The first rule that was broken. */
  violation: Violation | undefined;
  readonly asked: PendingRequest[] = [];
  readonly servers: Server[] = [];
  readonly #random: Random;
  readonly #parts: SimulationParts;
  readonly #links = new Map<
    NetworkLink,
    { readonly participant: Participant; readonly wire: WireChecker }
  >();
  #epochs = 0;
  #marks = 0;
  #count = 0;

  constructor(seed: number, parts: SimulationParts) {
    this.#random = new Random(seed);
    this.#parts = parts;
    this.conditions = makeConditions(this.#random.fork("conditions"));
    const { lateness } = this.conditions;
    const random = this.#random.fork("timers").next;
    this.clock = new VirtualClock(undefined, { random, lateness });
    this.server = this.#serve();
  }

  /** Lines that one end or both still hold. */
  get openLinks(): number {
    return [...this.#links.keys()].filter(({ isOver }) => !isOver).length;
  }

  readonly fail = (rule: string, text: string): void => {
    this.violation ??= { rule, text };
  };

  /** Lets time pass; between any two things that happen, what waits for promises goes on. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    do {
      for (let hop = 0; hop < PROMISES; hop++) await undefined;
    } while (this.violation === undefined && this.clock.runNext(end));
  }

  /** What must hold at any moment. */
  check(): void {
    for (const server of this.servers) server.check();
  }

  /** Makes a step happen. */
  take(step: Step): void {
    const participant = "who" in step ? this.participants.get(step.who) : undefined;
    switch (step.do) {
      case "connect":
        if (participant === undefined || participant.isClosed) this.#connect(step.who);
        break;
      case "goodbye":
        participant?.close();
        break;
      case "pause":
        this.read(participant, 0);
        break;
      case "resume":
        this.read(participant, Number.POSITIVE_INFINITY);
        break;
      case "slow":
        this.read(participant, step.rate);
        break;
      case "cut":
        participant?.link?.cut();
        break;
      case "freeze":
        participant?.link?.freeze();
        break;
      case "presence":
        this.server.clientOf(participant?.link)?.setPresence({ mark: this.#marks++ });
        break;
      case "join":
        participant?.join(step.room);
        break;
      case "leave":
        participant?.leave(step.room);
        break;
      case "type":
        participant?.type(step.room);
        break;
      case "send":
        participant?.send(step.room, step.count, step.size);
        break;
      case "broadcast":
        this.#broadcast(step);
        break;
      case "direct":
        this.#direct(step, participant);
        break;
      case "revoke":
      case "kick":
        this.model.remove(step.user, step.room, step.do === "revoke");
        for (const server of this.servers) this.#revoke(server, step.user, step.room);
        break;
      case "grant":
        this.model.allow(step.user, step.room);
        break;
      case "request":
        void this.#ask(step.room, step.timeout);
        break;
      case "restart":
        this.#restart(step.how);
        break;
    }
  }

  /** Has a remote end read at another speed, on the link of now and on those to come. */
  read(participant: Participant | undefined, rate: number): void {
    if (participant === undefined) return;
    participant.rate = rate;
    participant.link?.read(rate);
  }

  /** Closes the server for good. */
  close(server: Server): void {
    void server.hub.close({ timeout: 4_000, spread: 2_000 }).then(() => {
      if (!server.isDead) server.checkClosed();
      server.isDead = true;
    });
  }

  up(link: NetworkLink, text: string): void {
    this.#links.get(link)?.wire.up(text);
  }

  down(link: NetworkLink, text: string): void {
    this.#links.get(link)?.wire.down(text);
  }

  written(link: NetworkLink, batch: Batch, before: number): void {
    for (const server of this.servers) {
      if (server.clients.has(link)) server.written(link, batch, before);
    }
  }

  #connect(who: string): void {
    const random = this.#random.fork(`${who} ${this.#count++}`).next;
    const participant = new Participant(who, {
      clock: new ProcessClock(this.clock),
      random,
      fail: this.fail,
      connect: this.#parts.connect,
      dial: (self) => this.#dial(self, random),
    });
    this.participants.set(who, participant);
  }

  #dial(participant: Participant, random: () => number): NetworkLink {
    const link = new NetworkLink(this.clock, random, this.conditions.link, this, participant.rate);
    const wire = new WireChecker(participant.who, participant.user, this.#links.size, {
      model: this.model,
      fail: this.fail,
      mustHave: (epoch, seq) => this.servers.some(({ store }) => store?.mustHave(epoch, seq)),
      accounted: (room, epoch, seq) => participant.accounted(room, epoch, seq),
    });
    this.#links.set(link, { participant, wire });
    participant.link = link;
    participant.wire = wire;
    link.open((called) => this.server.accept(called));
    return link;
  }

  #broadcast(step: Extract<Step, { do: "broadcast" }>): void {
    const { hub } = this.server;
    const room = hub.room(step.room);
    const link = this.participants.get(step.except ?? "")?.link;
    const except = this.server.clientOf(link);
    const wasIn = except !== undefined && room.has(except);
    for (let index = 0; index < step.count; index++) {
      const payload = { mark: this.#marks++, pad: "x".repeat(step.size) };
      const { how } = step;
      if (how === "ephemeral") room.broadcast("moment", payload, { except, ephemeral: true });
      else if (how === "drop") room.broadcast("moment", payload, { except, policy: "drop" });
      else if (how === "latest") {
        room.broadcast("moment", payload, { except, policy: { latest: "key" } });
      } else {
        const { seq } = room.broadcast("news", payload, { except });
        const epoch = room.position?.epoch;
        if (seq === 0 || epoch === undefined) continue;
        this.model.said(step.room, { epoch, seq }, "news", payload, "the server");
        const left = wasIn ? this.#indexOf(link as NetworkLink) : -1;
        this.model.leftOut(step.room, { epoch, seq }, left);
      }
    }
  }

  #indexOf(link: NetworkLink): number {
    return [...this.#links.keys()].indexOf(link);
  }

  #direct(step: Extract<Step, { do: "direct" }>, participant: Participant | undefined): void {
    const client = this.server.clientOf(participant?.link);
    for (let index = 0; index < step.count; index++) {
      const policy = step.how === "latest" ? { latest: "key" } : step.how;
      client?.send("note", { mark: this.#marks++, pad: "x".repeat(step.size) }, { policy });
    }
  }

  #revoke(server: Server, user: string, room: string): void {
    if (server.isDead) return;
    const { position } = server.hub.room(room);
    if (position !== undefined) this.model.leave(user, room, position);
    server.hub.revoke(user, room);
  }

  async #ask(roomId: string, timeout: number): Promise<void> {
    const room = this.server.hub.room(roomId);
    const { server } = this;
    const asked: PendingRequest = { server, expected: room.size, seen: new Set(), isDone: false };
    this.asked.push(asked);
    for await (const receipt of room.request("ask", null, { timeout }))
      this.#receive(asked, receipt);
    asked.isDone = true;
  }

  #receive(asked: PendingRequest, { client }: Receipt): void {
    if (asked.seen.has(client)) this.fail("one receipt each", `${client.user.id} has two`);
    asked.seen.add(client);
  }

  #restart(how: "close" | "crash"): void {
    const { server } = this;
    this.server = this.#serve();
    if (how === "close") this.close(server);
    else server.crash();
  }

  #serve(): Server {
    const run = this.servers.length;
    const clock = new ProcessClock(this.clock);
    const random = this.#random.fork(`server ${run}`);
    const inner = this.#parts.createHistory?.({ clock });
    const store =
      inner &&
      new SimulatedHistoryStore(
        inner,
        this.clock,
        random,
        this.conditions.store,
        this.model,
        () => {
          return `epoch-${this.#epochs++}`;
        },
      );
    const { fail, model } = this;
    const { authorizeDelay, hub } = this.conditions;
    const participantOf = (link: NetworkLink) => this.#links.get(link)?.participant as Participant;
    const world = this.clock;
    const context = { clock, world, store, random, authorizeDelay, model, fail, participantOf };
    const server = new Server(context, this.#parts.createHub, hub);
    this.servers.push(server);
    return server;
  }
}
