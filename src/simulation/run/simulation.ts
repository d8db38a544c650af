import type { Batch, Receipt } from "../../index.js";
import { VirtualClock } from "../../testing/index.js";
import { Chronicle } from "../check/reference-model.js";
import { Wire } from "../check/wire-checker.js";
import type { Parts, Violation } from "../parts.js";
import { type Conditions, makeConditions } from "../plan/conditions.js";
import { Random } from "../plan/random.js";
import type { Step } from "../plan/steps.js";
import { WatchedStore } from "./history-store.js";
import { type LineWatcher, SimulatedLine } from "./network-link.js";
import { Remote } from "./participant.js";
import { ProcessClock } from "./process-clock.js";
import { Server } from "./server.js";

/** What was asked of a room, and what came of it. */
interface Asked {
  readonly server: Server;
  readonly expected: number;
  readonly seen: Set<unknown>;
  isDone: boolean;
}

/** So many promises in a row may follow from one event; more continue at the next one. */
const PROMISES = 16;

/** A hub, a network, and everybody who connects: what steps happen to. */
export class World implements LineWatcher {
  readonly clock: VirtualClock;
  readonly conditions: Conditions;
  readonly chronicle = new Chronicle((rule, text) => this.complain(rule, text));
  readonly remotes = new Map<string, Remote>();
  /** The server of now; those before it may still be closing. */
  server: Server;
  /** The first rule that was broken. */
  violation: Violation | undefined;
  readonly asked: Asked[] = [];
  readonly servers: Server[] = [];
  readonly #random: Random;
  readonly #parts: Parts;
  readonly #lines = new Map<SimulatedLine, { readonly remote: Remote; readonly wire: Wire }>();
  #epochs = 0;
  #marks = 0;
  #count = 0;

  constructor(seed: number, parts: Parts) {
    this.#random = new Random(seed);
    this.#parts = parts;
    this.conditions = makeConditions(this.#random.fork("conditions"));
    const { lateness } = this.conditions;
    const random = this.#random.fork("timers").next;
    this.clock = new VirtualClock(undefined, { random, lateness });
    this.server = this.#serve();
  }

  /** Lines that one end or both still hold. */
  get openLines(): number {
    return [...this.#lines.keys()].filter(({ isOver }) => !isOver).length;
  }

  readonly complain = (rule: string, text: string): void => {
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
    const remote = "who" in step ? this.remotes.get(step.who) : undefined;
    switch (step.do) {
      case "connect":
        if (remote === undefined || remote.isClosed) this.#connect(step.who);
        break;
      case "goodbye":
        remote?.close();
        break;
      case "pause":
        this.read(remote, 0);
        break;
      case "resume":
        this.read(remote, Number.POSITIVE_INFINITY);
        break;
      case "slow":
        this.read(remote, step.rate);
        break;
      case "cut":
        remote?.line?.cut();
        break;
      case "freeze":
        remote?.line?.freeze();
        break;
      case "presence":
        this.server.clientOf(remote?.line)?.setPresence({ mark: this.#marks++ });
        break;
      case "join":
        remote?.join(step.room);
        break;
      case "leave":
        remote?.leave(step.room);
        break;
      case "type":
        remote?.type(step.room);
        break;
      case "send":
        remote?.send(step.room, step.count, step.size);
        break;
      case "broadcast":
        this.#broadcast(step);
        break;
      case "direct":
        this.#direct(step, remote);
        break;
      case "revoke":
      case "kick":
        this.chronicle.remove(step.user, step.room, step.do === "revoke");
        for (const server of this.servers) this.#revoke(server, step.user, step.room);
        break;
      case "grant":
        this.chronicle.allow(step.user, step.room);
        break;
      case "request":
        void this.#ask(step.room, step.timeout);
        break;
      case "restart":
        this.#restart(step.how);
        break;
    }
  }

  /** Has a remote end read at another speed, on the line of now and on those to come. */
  read(remote: Remote | undefined, rate: number): void {
    if (remote === undefined) return;
    remote.rate = rate;
    remote.line?.read(rate);
  }

  /** Closes the server for good. */
  close(server: Server): void {
    void server.hub.close({ timeout: 4_000, spread: 2_000 }).then(() => {
      if (!server.isDead) server.checkClosed();
      server.isDead = true;
    });
  }

  up(line: SimulatedLine, text: string): void {
    this.#lines.get(line)?.wire.up(text);
  }

  down(line: SimulatedLine, text: string): void {
    this.#lines.get(line)?.wire.down(text);
  }

  written(line: SimulatedLine, batch: Batch, before: number): void {
    for (const server of this.servers) {
      if (server.clients.has(line)) server.written(line, batch, before);
    }
  }

  #connect(who: string): void {
    const random = this.#random.fork(`${who} ${this.#count++}`).next;
    const remote = new Remote(who, {
      clock: new ProcessClock(this.clock),
      random,
      complain: this.complain,
      connect: this.#parts.connect,
      dial: (self) => this.#dial(self, random),
    });
    this.remotes.set(who, remote);
  }

  #dial(remote: Remote, random: () => number): SimulatedLine {
    const line = new SimulatedLine(this.clock, random, this.conditions.line, this, remote.rate);
    const wire = new Wire(remote.who, remote.user, this.#lines.size, {
      chronicle: this.chronicle,
      complain: this.complain,
      mustHave: (epoch, seq) => this.servers.some(({ store }) => store?.mustHave(epoch, seq)),
      accounted: (room, epoch, seq) => remote.accounted(room, epoch, seq),
    });
    this.#lines.set(line, { remote, wire });
    remote.line = line;
    remote.wire = wire;
    line.open((called) => this.server.accept(called));
    return line;
  }

  #broadcast(step: Extract<Step, { do: "broadcast" }>): void {
    const { hub } = this.server;
    const room = hub.room(step.room);
    const line = this.remotes.get(step.except ?? "")?.line;
    const except = this.server.clientOf(line);
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
        this.chronicle.said(step.room, { epoch, seq }, "news", payload, "the server");
        const left = wasIn ? this.#indexOf(line as SimulatedLine) : -1;
        this.chronicle.leftOut(step.room, { epoch, seq }, left);
      }
    }
  }

  #indexOf(line: SimulatedLine): number {
    return [...this.#lines.keys()].indexOf(line);
  }

  #direct(step: Extract<Step, { do: "direct" }>, remote: Remote | undefined): void {
    const client = this.server.clientOf(remote?.line);
    for (let index = 0; index < step.count; index++) {
      const policy = step.how === "latest" ? { latest: "key" } : step.how;
      client?.send("note", { mark: this.#marks++, pad: "x".repeat(step.size) }, { policy });
    }
  }

  #revoke(server: Server, user: string, room: string): void {
    if (server.isDead) return;
    const { position } = server.hub.room(room);
    if (position !== undefined) this.chronicle.leave(user, room, position);
    server.hub.revoke(user, room);
  }

  async #ask(roomId: string, timeout: number): Promise<void> {
    const room = this.server.hub.room(roomId);
    const { server } = this;
    const asked: Asked = { server, expected: room.size, seen: new Set(), isDone: false };
    this.asked.push(asked);
    for await (const receipt of room.request("ask", null, { timeout }))
      this.#receive(asked, receipt);
    asked.isDone = true;
  }

  #receive(asked: Asked, { client }: Receipt): void {
    if (asked.seen.has(client)) this.complain("one receipt each", `${client.user.id} has two`);
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
      new WatchedStore(inner, this.clock, random, this.conditions.store, this.chronicle, () => {
        return `epoch-${this.#epochs++}`;
      });
    const { complain, chronicle } = this;
    const { doubt, hub } = this.conditions;
    const remoteOf = (line: SimulatedLine) => this.#lines.get(line)?.remote as Remote;
    const world = this.clock;
    const context = { clock, world, store, random, doubt, chronicle, complain, remoteOf };
    const server = new Server(context, this.#parts.createHub, hub);
    this.servers.push(server);
    return server;
  }
}
