import { connect } from "roomcast/browser";
import { seeded } from "../../../bench/load/random.js";
import { RoomLog } from "./room-log.js";
import { checkedWebSocket } from "./wire-check.js";

const CLIENTS = 200;
const ROOMS = 20;
/** Each says something after so many milliseconds at random. */
const PAUSE = 2_000;
const PATIENCE = 30_000;

/** Two hundred `Connection`s, each in two of twenty rooms, which talk now and then. */
export class Crowd {
  /** What is wrong with what anybody was told. @type {string[]} */
  violations = [];
  /** Messages that were acknowledged, where and to whom. */
  acked = [];
  /** Why others were not, by code. @type {Map<string, number>} */
  failed = new Map();
  #random;
  /** Each with its connection, how many lines that has had, and what it was told by room. */
  #members = [];
  /** What all members of a room were told of it. @type {Map<string, RoomLog[]>} */
  #logs = new Map();
  #isTalking = false;
  #underWay = 0;
  #onChange = () => {};

  constructor(seed) {
    this.#random = seeded(seed);
  }

  get seen() {
    return this.#sum("seen");
  }

  get gaps() {
    return this.#sum("gaps");
  }

  async open(port) {
    this.#members = Array.from({ length: CLIENTS }, (_, index) => {
      const rooms = [index % ROOMS, (index + 1 + Math.floor(index / ROOMS)) % ROOMS];
      const roomIds = rooms.map((room) => `room-${room}`);
      return this.#add(port, `user-${index}`, roomIds);
    });
    await Promise.all(this.#members.map(({ joined }) => joined));
    this.#isTalking = true;
    for (const member of this.#members) this.#talk(member);
  }

  /** Does what costs everybody their line; resolves once all have a new one and are in their rooms. */
  async survive(act) {
    const before = new Map(this.#members.map((member) => [member, member.lines]));
    await act();
    const isBack = (member) =>
      member.lines > before.get(member) && member.rooms.every(({ isJoined }) => isJoined);
    await this.#until(() => this.#members.every(isBack), "not all came back");
  }

  /** Waits for what is under way, leaves, and checks who was told what. */
  async finish() {
    this.#isTalking = false;
    await this.#until(() => this.#underWay === 0, "sends are never settled");
    await this.#until(() => this.#untold().length === 0, "", 5_000);
    for (const { connection } of this.#members) connection.close();
    for (const log of this.#allLogs()) log.finish();
    for (const { name, epoch, seq } of this.#untold()) {
      this.violations.push(`${name} was never told of ${seq}, epoch ${epoch}`);
    }
  }

  #add(port, name, roomIds) {
    const logs = new Map(
      roomIds.map((room) => [room, new RoomLog(`${name} in ${room}`, this.violations)]),
    );
    for (const [room, log] of logs) this.#logs.set(room, [...(this.#logs.get(room) ?? []), log]);
    const connection = connect(`ws://127.0.0.1:${port}/ws`, {
      token: () => name,
      backoff: { min: 100, max: 1_000 },
      WebSocket: checkedWebSocket(
        (fault) => this.violations.push(`on the line of ${name}: ${fault}`),
        ({ room, epoch, seq }) => logs.get(room)?.entered(epoch ?? "none", seq),
      ),
    });
    connection.on("error", ({ code, message }) =>
      this.violations.push(`${name}: ${code}, ${message}`),
    );
    const member = { name, connection, logs, rooms: [], lines: 0, joined: undefined };
    connection.on("status", ({ state, code, reason }) => {
      if (state === "open") member.lines++;
      if (state === "closed" && code !== 1000) this.violations.push(`${name}: ${code}, ${reason}`);
    });
    member.joined = Promise.all(
      roomIds.map(async (id) => {
        const room = await connection.join(id);
        const log = logs.get(id);
        room.on("new_message", ({ seq }) => log.message(seq));
        room.on("gap", (gap) => log.gap(gap));
        room.on("room_info", () => this.#onChange());
        room.on("left", ({ code }) => {
          if (code !== "CLOSED") this.violations.push(`${name} was put out of ${id}: ${code}`);
        });
        member.rooms.push(room);
      }),
    );
    return member;
  }

  #talk(member) {
    setTimeout(async () => {
      if (!this.#isTalking) return;
      this.#talk(member);
      await this.#say(member, member.rooms[this.#random(member.rooms.length)]);
    }, this.#random(PAUSE));
  }

  async #say({ name, logs }, room) {
    this.#underWay++;
    try {
      const { seq } = await room.send({ of: name });
      const log = logs.get(room.id);
      log.message(seq);
      this.acked.push({ room: room.id, epoch: log.epoch, seq });
    } catch ({ code }) {
      this.failed.set(code, (this.failed.get(code) ?? 0) + 1);
    }
    this.#underWay--;
    this.#onChange();
  }

  /** Messages that were acknowledged, and members of the room that know nothing of them. */
  #untold() {
    return this.acked.flatMap(({ room, epoch, seq }) =>
      (this.#logs.get(room) ?? [])
        .filter((log) => !log.knowsOf(epoch, seq))
        .map(({ name }) => ({ name, epoch, seq })),
    );
  }

  /** Resolves once something holds, which is looked at with each change; or says that it never did. */
  async #until(holds, fault, patience = PATIENCE) {
    const deadline = performance.now() + patience;
    while (!holds()) {
      const left = deadline - performance.now();
      if (left <= 0) {
        if (fault !== "") this.violations.push(fault);
        return;
      }
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 100));
        this.#onChange = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #sum(figure) {
    return this.#allLogs().reduce((sum, log) => sum + log[figure], 0);
  }

  #allLogs() {
    return [...this.#logs.values()].flat();
  }
}
