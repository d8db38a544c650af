import { Wire } from "../wire.js";
import { PAIR_ROOM } from "./messages.js";
import { faultOf } from "./oracle.js";

const NAMES = ["left", "right"];

/**
 * Two well-behaved clients who count, turn and turn about, in a room that attackers come to as well.
 * Neither may miss a number, nor see one from anybody else, nor lose its position in the room.
 */
export class Pair {
  /** Numbers that have arrived. */
  count = 0;
  #violations;
  #isUser;
  #everyMs;
  /** @type {Wire[]} */
  #wires = [];
  #positions = [0, 0];
  #timer;
  #isOver = false;
  #onOver = () => {};

  /** @param {{ violations: string[], isUser: (userId: string) => boolean, everyMs: number }} context */
  constructor({ violations, isUser, everyMs }) {
    this.#violations = violations;
    this.#isUser = isUser;
    this.#everyMs = everyMs;
  }

  static isMember(userId) {
    return NAMES.includes(userId);
  }

  async open(port) {
    for (const [side, name] of NAMES.entries()) {
      const onText = (text) => this.#receive(side, text);
      const wire = await Wire.open({ port, name, onText });
      this.#wires.push(wire);
      wire.closed.then((code) => {
        if (!this.#isOver) this.#violate(side, `was closed with ${code}`);
      });
      await wire.join(PAIR_ROOM);
    }
    this.#say(0);
  }

  /** Waits for the number that is under way, then leaves. */
  async close() {
    const over = new Promise((resolve) => {
      this.#onOver = resolve;
    });
    this.#isOver = true;
    this.#timer = setTimeout(() => {
      this.#violate(0, `number ${this.count + 1} never came`);
      this.#onOver();
    }, 10_000);
    await over;
    clearTimeout(this.#timer);
    await Promise.all(this.#wires.map((wire) => wire.close()));
  }

  #say(side) {
    const payload = { number: this.count + 1 };
    this.#wires[side].send({ type: "send_message", room: PAIR_ROOM, payload, id: "say" });
  }

  #receive(side, text) {
    const fault = faultOf(text, this.#isUser);
    if (fault !== undefined) this.#violate(side, `${fault}: ${text}`);
    const envelope = JSON.parse(text);
    if (envelope.room === PAIR_ROOM) this.#follow(side, envelope);
    const { type, id, sender, payload, room } = envelope;
    if (type === "error") this.#violate(side, `got ${text}`);
    if (id !== undefined && id !== "say") this.#wires[side].settle(envelope);
    if (type !== "new_message" || sender.id !== NAMES[1 - side]) return;
    if (room !== PAIR_ROOM || payload.number !== this.count + 1) {
      this.#violate(side, `should have got number ${this.count + 1}: ${text}`);
      return;
    }
    this.count++;
    if (this.#isOver) this.#onOver();
    else setTimeout(() => this.#say(side), this.#everyMs);
  }

  /** Each position is accounted for once, in order: by a message, one's own ack, or `skipped`. */
  #follow(side, { type, seq }) {
    if (seq === undefined) return;
    if (type !== "room_info" && type !== "online_users" && seq !== this.#positions[side] + 1) {
      this.#violate(side, `came from ${this.#positions[side]} to ${seq} with ${type}`);
    }
    if (type !== "online_users") this.#positions[side] = seq;
  }

  #violate(side, what) {
    this.#violations.push(`${NAMES[side]}: ${what.slice(0, 300)}`);
  }
}
