import fc from "fast-check";
import type { Client, Envelope, Hub } from "roomcast";
import type { MemorySocket } from "roomcast/testing";
import { expect, test } from "vitest";
import { join, leave, say, World } from "../support/world.js";

/*
 * Random lives of a hub, checked against a model so small that it can be seen to be right: who is in
 * which room, and what each connection should have been sent, in which order.
 */

const ROOMS = ["one", "two", "three"];
const USERS = ["Alice", "Bob", "Carl"];

const who = fc.nat(7);
const where = fc.nat(ROOMS.length - 1);
const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("connect"), user: fc.nat(2) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("join"), who, where }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("leave"), who, where }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("say"), who, where }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("broadcast"), except: who, where }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("toUser"), user: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("toAll") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("type"), who, where }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("end"), who, how: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pause"), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("resume"), who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("endTurn") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.nat(7_000) }) },
) as fc.Arbitrary<Action>;

type Action =
  | { do: "connect"; user: number }
  | { do: "join" | "leave" | "say" | "type"; who: number; where: number }
  | { do: "broadcast"; except: number; where: number }
  | { do: "toUser"; user: number }
  | { do: "toAll" | "endTurn" }
  | { do: "end"; who: number; how: number }
  | { do: "pause" | "resume"; who: number }
  | { do: "wait"; ms: number };

/** One connection, in the model and for real. */
interface Line {
  readonly socket: MemorySocket;
  readonly client: Client;
  readonly user: string;
  readonly rooms: Set<string>;
  /** What it should be sent, in order, as marks: the number of the message, and how it concerns it. */
  readonly expected: string[];
  isOpen: boolean;
  isPaused: boolean;
  /** How much it asked since it is paused. */
  asked: number;
  /** Cut while something was queued: the end of what was expected may be missing. */
  wasCut: boolean;
}

class Life {
  readonly world = new World({ maxBufferedBytes: 2_000, rateLimit: false });
  readonly lines: Line[] = [];
  #count = 0;

  run(step: Action): void {
    this.#do(step);
    this.noticeClosed();
  }

  /** Those of whom too much waited are closed by the hub. */
  noticeClosed(): void {
    for (const line of this.lines) {
      if (!line.isOpen || line.client.isOpen) continue;
      line.isOpen = false;
      line.wasCut = true;
      line.rooms.clear();
    }
  }

  #do(step: Action): void {
    switch (step.do) {
      case "connect":
        this.#connect(USERS[step.user] as string);
        break;
      case "join":
      case "leave":
      case "say":
      case "type":
        this.#send(step.do, this.#line(step.who), ROOMS[step.where] as string);
        break;
      case "broadcast":
        this.#broadcast(ROOMS[step.where] as string, this.#line(step.except));
        break;
      case "toUser":
        this.#toUser(USERS[step.user] as string);
        break;
      case "toAll": {
        const mark = this.#mark();
        this.world.hub.broadcast("mark", mark);
        for (const line of this.lines) if (line.isOpen) line.expected.push(mark);
        break;
      }
      case "end":
        this.#end(this.#line(step.who), step.how);
        break;
      case "pause":
        this.#pause(this.#line(step.who), true);
        break;
      case "resume":
        this.#pause(this.#line(step.who), false);
        break;
      case "endTurn":
        this.world.clock.flush();
        break;
      case "wait":
        this.world.clock.advance(step.ms);
        break;
    }
  }

  #connect(user: string): void {
    if (this.lines.filter(({ isOpen }) => isOpen).length >= 8) return;
    const socket = this.world.connect(user);
    const client = this.world.client(user.toLowerCase());
    this.lines.push({
      socket,
      client,
      user,
      rooms: new Set(),
      expected: [],
      isOpen: true,
      isPaused: false,
      asked: 0,
      wasCut: false,
    });
  }

  #pause(line: Line | undefined, isPaused: boolean): void {
    if (line === undefined || line.isPaused === isPaused) return;
    // What it asked in this turn counts, too.
    this.world.clock.flush();
    line.isPaused = isPaused;
    line.asked = 0;
    if (isPaused) line.socket.pause();
    else line.socket.resume();
  }

  #send(what: "join" | "leave" | "say" | "type", line: Line | undefined, room: string): void {
    // What a client asks waits while it does not read the answers: here it asks less.
    if (line === undefined || (line.isPaused && ++line.asked > 3)) return;
    const mark = this.#mark();
    if (what === "join") {
      line.socket.send(join(room, mark));
      line.rooms.add(room);
    } else if (what === "leave") {
      line.socket.send(leave(room, mark));
      line.rooms.delete(room);
    } else if (what === "type") {
      line.socket.send({ type: "typing", room, id: mark });
    } else {
      line.socket.send(say(room, mark, mark));
      if (line.rooms.has(room)) this.#expect(mark, room, line);
    }
    // Every message with an id is answered, whatever the answer.
    line.expected.push(mark);
  }

  #broadcast(room: string, except: Line | undefined): void {
    const mark = this.#mark();
    this.world.hub.room(room).broadcast("mark", mark, { except: except?.client });
    this.#expect(mark, room, except);
  }

  #toUser(user: string): void {
    const mark = this.#mark();
    this.world.hub.user(user.toLowerCase()).send("mark", mark);
    for (const line of this.lines) {
      if (line.isOpen && line.user === user) line.expected.push(mark);
    }
  }

  #expect(mark: string, room: string, except: Line | undefined): void {
    for (const line of this.lines) {
      if (line.isOpen && line.rooms.has(room) && line !== except) line.expected.push(mark);
    }
  }

  #end(line: Line | undefined, how: number): void {
    if (line === undefined) return;
    line.isOpen = false;
    // What waits in history for one that lags is not sent before it is closed, either.
    line.wasCut = how !== 0 || line.socket.bufferedAmount > 0;
    line.rooms.clear();
    if (how === 0) line.client.close();
    else if (how === 1) line.socket.hangUp();
    else if (how === 2) line.socket.cut();
    else line.client.terminate();
  }

  #line(index: number): Line | undefined {
    const open = this.lines.filter(({ isOpen }) => isOpen);
    return open[index % Math.max(1, open.length)];
  }

  #mark(): string {
    return `n${this.#count++}`;
  }
}

/** The marks in what a connection received: the ids of answers and the payloads of messages. */
function marksIn(received: readonly Envelope[]): string[] {
  return received.flatMap(({ id, payload }) => {
    if (id !== undefined) return [id];
    return typeof payload === "string" && /^n\d+$/.test(payload) ? [payload] : [];
  });
}

function expectSubsequence(part: readonly string[], whole: readonly string[]): void {
  let at = 0;
  for (const mark of part) {
    at = whole.indexOf(mark, at) + 1;
    expect(at, `${mark} was not expected there`).toBeGreaterThan(0);
  }
}

/** Who a connection believes to be in its rooms, from what it was told alone. */
function believedMembers(received: readonly Envelope[]): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>();
  for (const { type, room = "", payload } of received) {
    if (type === "room_info") {
      const { users } = payload as { users: { id: string }[] };
      rooms.set(room, new Set(users.map(({ id }) => id)));
    } else if (type === "user_joined") {
      rooms.get(room)?.add((payload as { id: string }).id);
    } else if (type === "user_left") {
      rooms.get(room)?.delete((payload as { id: string }).id);
    }
  }
  return rooms;
}

function checkMembership({ world, lines }: Life): void {
  const open = lines.filter(({ isOpen }) => isOpen);
  for (const { client, rooms } of lines) expect(new Set(client.rooms.keys())).toEqual(rooms);
  for (const name of ROOMS) {
    const members = open.filter(({ rooms }) => rooms.has(name)).map(({ client }) => client);
    expect(world.hub.rooms.has(name)).toBe(members.length > 0);
    expect(new Set(world.hub.room(name).clients)).toEqual(new Set(members));
  }
  expect(world.hub.onlineCount).toBe(new Set([...world.hub.clients].map((c) => c.user.id)).size);
}

function checkDelivery({ world, lines }: Life): void {
  const lost = new Map<Client, number>();
  for (const { client, count } of world.emitted("drop")) {
    lost.set(client, (lost.get(client) ?? 0) + count);
  }
  for (const line of lines) {
    const marks = marksIn(line.socket.received);
    expectSubsequence(marks, line.expected);
    if (line.wasCut || line.socket.bufferedAmount > 0) continue;
    if (!lost.has(line.client)) expect(marks).toEqual(line.expected);
    // Dropped ones that are no marks (who joined, who types) count as lost too.
    else
      expect(line.expected.length - marks.length).toBeLessThanOrEqual(lost.get(line.client) ?? 0);
  }
}

function checkBeliefs({ world, lines }: Life): void {
  for (const { socket, rooms } of lines) {
    if (socket.bufferedAmount > 0) continue;
    const believed = believedMembers(socket.received);
    for (const name of rooms) {
      expect(believed.get(name)).toEqual(new Set(world.hub.room(name).members.map(({ id }) => id)));
    }
  }
}

async function checkNothingLeaks({ world, lines }: Life): Promise<void> {
  const closed = world.hub.close();
  world.clock.flush();
  await closed;
  const { hub } = world as { hub: Hub };
  expect([hub.clients.size, hub.rooms.size, hub.onlineCount]).toEqual([0, 0, 0]);
  expect(world.clock.pendingTimers).toBe(0);
  for (const { client } of lines) expect(client.rooms.size).toBe(0);
  expect(world.emitted("disconnect")).toHaveLength(lines.length);
  expect(world.emitted("leave")).toHaveLength(world.emitted("join").length);
  expect(world.emitted("error")).toEqual([]);

  for (const { socket } of lines) socket.take();
  hub.broadcast("mark", "late");
  world.clock.flush();
  for (const { socket } of lines) expect(socket.take()).toEqual([]);
}

test("whatever happens, the hub agrees with the model", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 150, size: "max" }), async (steps) => {
      const life = new Life();
      for (const step of steps) {
        life.run(step);
        checkMembership(life);
      }
      life.world.clock.flush();
      for (const { socket } of life.lines) socket.resume();
      // Comings and goings may wait: of one who comes and goes all the time a second.
      life.world.clock.advance(1_000);
      life.noticeClosed();
      checkDelivery(life);
      checkBeliefs(life);
      await checkNothingLeaks(life);
    }),
    { numRuns: 400 },
  );
});
