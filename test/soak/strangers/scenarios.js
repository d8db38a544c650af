import { setTimeout as sleep } from "node:timers/promises";
import { frame, Opcode } from "../frame.js";
import { Wire } from "../wire.js";

/** The room of the member whom strangers must not harm. */
export const PRIVATE = "private";

const AT_ONCE = 100;
const LONG = "x".repeat(4_000);

/**
 * What strangers do to use up something that all rooms share.
 *
 * @typedef {object} Scenario
 * @property {boolean} isAway Whether the member is away meanwhile, so that its room has no members; if not, its line
 * breaks afterwards.
 * @property {number} [grace] Milliseconds.
 * @property {(strangers: Strangers) => Promise<void>} run
 */

/** @type {Record<string, Scenario>} */
export const scenarios = {
  "12,000 empty rooms, of one user": {
    isAway: true,
    // Or its room would not count as empty.
    grace: 0,
    run: (strangers) => strangers.visitRooms(40, 300, () => "stranger"),
  },
  "12,000 empty rooms, of 40 users": {
    isAway: true,
    grace: 0,
    run: (strangers) => strangers.visitRooms(40, 300, (index) => `stranger-${index}`),
  },
  "96 MB of history, of 100 users": {
    isAway: true,
    grace: 0,
    run: (strangers) => strangers.fillHistory(100, 4, 60),
  },
  "110,000 broken memberships, of 1,100 users": {
    isAway: false,
    run: (strangers) => strangers.breakAway(1_100, 100),
  },
  "12,000 users through the member's room": {
    isAway: false,
    // Or each would be sent all those before it.
    grace: 0,
    run: (strangers) => strangers.passThrough(12_000),
  },
};

/** Those who come from outside, and what they have cost. */
export class Strangers {
  connections = 0;
  bytes = 0;
  #port;

  constructor(port) {
    this.#port = port;
  }

  /** Each joins rooms of its own and leaves them again. */
  visitRooms(count, rooms, nameOf) {
    return this.#each(count, async (index) => {
      const wire = await this.#open(nameOf(index));
      await this.#send(wire, rooms, (room) => [
        { type: "join_room", payload: { room_id: `of-${index}-${room}` } },
        { type: "leave_room", payload: { room_id: `of-${index}-${room}` } },
      ]);
      await wire.cut();
    });
  }

  /** Each fills the histories of some rooms of its own. */
  fillHistory(count, rooms, messages) {
    return this.#each(count, async (index) => {
      const wire = await this.#open(`stranger-${index}`);
      const names = Array.from({ length: rooms }, (_, room) => `of-${index}-${room}`);
      await this.#send(wire, 1, () =>
        names.map((room_id) => ({ type: "join_room", payload: { room_id } })),
      );
      await this.#send(wire, messages, () =>
        names.map((room) => ({ type: "send_message", room, payload: LONG })),
      );
      await wire.cut();
    });
  }

  /** Each joins rooms of its own, and its line breaks. */
  breakAway(count, rooms) {
    return this.#each(count, async (index) => {
      const wire = await this.#open(`stranger-${index}`);
      await this.#send(wire, rooms, (room) => [
        { type: "join_room", payload: { room_id: `of-${index}-${room}` } },
      ]);
      await wire.cut();
    });
  }

  /** Each joins the member's room, and its line breaks. */
  passThrough(count) {
    return this.#each(count, async (index) => {
      const wire = await this.#open(`stranger-${index}`);
      await this.#send(wire, 1, () => [{ type: "join_room", payload: { room_id: PRIVATE } }]);
      await wire.cut();
    });
  }

  async #each(count, act) {
    let next = 0;
    const worker = async () => {
      while (next < count) await act(next++);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
  }

  async #open(name) {
    const wire = await Wire.open({ port: this.#port, name });
    wire.onText = (text) => {
      const isMine = text.includes('"id":"ask-');
      if (isMine) wire.settle(JSON.parse(text));
    };
    this.connections++;
    return wire;
  }

  /** Sends messages as fast as the default rate limit allows; resolves once the last one is answered. */
  async #send(wire, count, messagesOf) {
    const start = performance.now();
    let sent = 0;
    for (let index = 0; index < count; index++) {
      const messages = messagesOf(index);
      sent += messages.length;
      // A burst of 200, some of which are in use; then 100 a second.
      const early = (sent - 180) * 10.5 - (performance.now() - start);
      if (early > 1) await sleep(early);
      const bytes = Buffer.concat(
        messages.map((message) => frame(Opcode.text, JSON.stringify(message))),
      );
      this.bytes += bytes.length;
      wire.write(bytes);
    }
    await Promise.race([wire.ask({ type: "ping" }), wire.closed]);
  }
}
