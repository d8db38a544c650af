import { VirtualClock } from "../../testing/index.js";
import { ReferenceModel } from "../check/reference-model.js";
import type { Fail, Violation } from "../check/rules.js";
import type { SimulationParts } from "../parts.js";
import { type Conditions, makeConditions } from "../plan/conditions.js";
import { Random } from "../plan/random.js";
import type { Step } from "../plan/steps.js";
import { SimulatedHistoryStore } from "./history-store.js";
import { Network } from "./network.js";
import type { NetworkLink } from "./network-link.js";
import { Participant } from "./participant.js";
import { ProcessClock } from "./process-clock.js";
import { Server } from "./server.js";

/** How many promises in a row may follow from one event. What is left goes on after the next event. */
const PROMISE_HOPS = 16;

/** One run of a plan: the clock, the network, the servers and the participants that its steps act on. */
export class Simulation {
  readonly clock: VirtualClock;
  readonly conditions: Conditions;
  readonly model: ReferenceModel;
  readonly network: Network;
  readonly participants = new Map<string, Participant>();
  /** Every server so far. Those before the current one are dead, or are closing. */
  readonly servers: Server[] = [];
  /** The current server. */
  server: Server;
  /** Number of steps performed so far. */
  steps = 0;
  /** The first rule that was broken. It ends the simulation. */
  violation: Violation | undefined;
  readonly #random: Random;
  readonly #parts: SimulationParts;
  #epochs = 0;
  #marks = 0;
  #connects = 0;
  /** What the wall clock of the server's machine was set forward by (ms). */
  #skew = 0;

  constructor(seed: number, parts: SimulationParts) {
    this.#random = new Random(seed);
    this.#parts = parts;
    this.conditions = makeConditions(this.#random.fork("conditions"));
    this.clock = new VirtualClock(undefined, {
      random: this.#random.fork("timers").next,
      lateness: this.conditions.timerLateness,
    });
    this.model = new ReferenceModel(this.fail);
    this.network = new Network({
      clock: this.clock,
      conditions: this.conditions.network,
      model: this.model,
      fail: this.fail,
      accept: (link) => this.server.accept(link),
      mustHave: (epoch, seq) => {
        return this.servers.some(({ store }) => store?.mustHave(epoch, seq) === true);
      },
      written: (link, batch, before) => {
        for (const server of this.servers) server.written(link, batch, before);
      },
    });
    this.server = this.#startServer();
  }

  readonly fail: Fail = (rule, message) => {
    this.violation ??= { rule, message };
  };

  /** Performs steps one after the other until a rule is broken. */
  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (this.violation !== undefined) return;
      this.steps++;
      this.perform(step);
      // Only `wait` ends a turn. Without it, promises go on, but no time passes.
      if (step.action === "wait") await this.advance(step.ms);
      this.check();
    }
  }

  /** Lets time pass (ms). Between any two events, promises go on. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    do {
      for (let hop = 0; hop < PROMISE_HOPS; hop++) await undefined;
    } while (this.violation === undefined && this.clock.runNext(end));
  }

  /** Checks what holds at any moment. */
  check(): void {
    for (const server of this.servers) server.check();
  }

  /** Performs a step. */
  perform(step: Step): void {
    const participant = "participant" in step ? this.participants.get(step.participant) : undefined;
    switch (step.action) {
      case "connect":
        if (participant === undefined || participant.isClosed) this.#connect(step.participant);
        break;
      case "close":
        participant?.close();
        break;
      case "pause":
        participant?.setRate(0);
        break;
      case "resume":
        participant?.setRate(Number.POSITIVE_INFINITY);
        break;
      case "slow":
        participant?.setRate(step.rate);
        break;
      case "cut":
        participant?.link?.cut();
        break;
      case "freeze":
        participant?.link?.freeze();
        break;
      case "presence":
        this.server.setPresence(participant?.link);
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
        participant?.send(step.room, step);
        break;
      case "ask":
        participant?.ask(step.room, step.count);
        break;
      case "broadcast":
        this.server.broadcast(step, this.participants.get(step.except ?? "")?.link);
        break;
      case "direct":
        this.server.direct(step, participant?.link);
        break;
      case "revoke":
      case "kick":
        this.model.recordRemoval(step.user, step.room, step.action === "revoke");
        for (const server of this.servers) server.revoke(step.user, step.room);
        break;
      case "grant":
        this.model.permit(step.user, step.room);
        break;
      case "request":
        void this.server.request(step.room, step.timeout);
        break;
      case "restart":
        this.#restart(step.mode);
        break;
      case "clock":
        this.#skew += step.ms;
        for (const server of this.servers) server.clock.shift(step.ms);
        break;
    }
  }

  #connect(id: string): void {
    const random = this.#random.fork(`${id} ${this.#connects++}`).next;
    const participant = new Participant(id, {
      clock: new ProcessClock(this.clock),
      random,
      fail: this.fail,
      connect: this.#parts.connect,
      lastSeq: (room, epoch) => this.model.lastSeq(room, epoch),
      dial: (self) => this.network.dial(self, random),
    });
    this.participants.set(id, participant);
  }

  #restart(mode: "close" | "crash"): void {
    const { server } = this;
    this.server = this.#startServer();
    if (mode === "close") server.close();
    else server.crash();
  }

  #startServer(): Server {
    const { conditions, fail, model } = this;
    const clock = new ProcessClock(this.clock, this.#skew);
    const random = this.#random.fork(`server ${this.servers.length}`);
    const store = this.#parts.createHistory?.({ clock });
    const server = new Server(
      {
        clock,
        sharedClock: this.clock,
        store:
          store &&
          new SimulatedHistoryStore(store, {
            clock: this.clock,
            random,
            conditions: conditions.store,
            model,
            nextEpoch: () => `epoch-${this.#epochs++}`,
          }),
        random,
        authorizeDelay: conditions.authorizeDelay,
        model,
        fail,
        nextMark: () => this.#marks++,
        participantOf: (link: NetworkLink) => this.network.participantOf(link),
      },
      this.#parts.createHub,
      conditions.hub,
    );
    this.servers.push(server);
    return server;
  }
}
