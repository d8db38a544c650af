import type { Gap } from "../../browser/index.js";
import type { Envelope } from "../../index.js";
import type { RoomLike } from "../parts.js";
import type { Fail } from "./reference-model.js";

/** What an application at the remote end sees of one room: it hears messages, and is told of gaps. */
export class RoomViewChecker {
  readonly #who: string;
  readonly #room: string;
  readonly #fail: Fail;
  /** Whether a position needs no message: one's own, or one was left out. */
  readonly #isAccounted: (epoch: string, seq: number) => boolean;
  /** Undefined until the application has heard where it is. */
  #epoch: string | undefined;
  #seq: number;
  /** Whether it was told that the counter started over. */
  #isToldOfRestart = false;
  /** Who types, by user. */
  readonly typing = new Set<string>();

  constructor(
    who: string,
    room: RoomLike,
    start: { readonly epoch: string; readonly seq: number },
    fail: Fail,
    isAccounted: (epoch: string, seq: number) => boolean,
  ) {
    this.#who = who;
    this.#room = room.id;
    this.#fail = fail;
    this.#isAccounted = isAccounted;
    this.#epoch = start.epoch;
    this.#seq = start.seq;
    room.on("room_info", (info: Envelope) => this.#info(info));
    room.on("gap", ({ from, to }: Gap) => this.#gap(from, to));
    room.on("user_left", ({ payload }: Envelope) => {
      this.typing.delete((payload as { id: string }).id);
    });
    room.on("user_typing", ({ payload, sender }: Envelope) => {
      if ((payload as { typing: boolean }).typing) this.typing.add(sender?.id as string);
      else this.typing.delete(sender?.id as string);
    });
  }

  /** A message of the room. */
  message({ seq, type }: Envelope): void {
    if (seq === undefined || seq === 0) return;
    if (seq <= this.#seq) {
      const text = `${this.#who} is at ${this.#seq} in ${this.#room}, and hears ${type} ${seq}`;
      this.#fail("the view is in order", text);
      return;
    }
    this.reach(seq - 1);
    this.#seq = seq;
  }

  /** Everything up to a position must be accounted for by now. */
  reach(to: number): void {
    for (let seq = this.#seq + 1; seq <= to; seq++) {
      if (this.#isAccounted(this.#epoch as string, seq)) continue;
      const text = `${this.#who} did not hear number ${seq} of ${this.#room}, nor of a gap there`;
      this.#fail("the view has no holes", text);
      break;
    }
    this.#seq = Math.max(this.#seq, to);
  }

  #info({ epoch, seq = 0 }: Envelope): void {
    this.typing.clear();
    if (epoch === this.#epoch) {
      this.reach(seq);
      return;
    }
    if (!this.#isToldOfRestart) {
      const text = `${this.#who} was not told that the counter of ${this.#room} started over`;
      this.#fail("the view has no holes", text);
    }
    this.#isToldOfRestart = false;
    this.#epoch = epoch;
    this.#seq = seq;
  }

  #gap(from: number, to: number | undefined): void {
    if (from <= this.#seq && to !== undefined && to <= this.#seq) {
      const text = `${this.#who} is at ${this.#seq} in ${this.#room}, and hears of a gap up to ${to}`;
      this.#fail("the view is in order", text);
    }
    if (to === undefined) {
      this.#isToldOfRestart = true;
      return;
    }
    this.reach(from - 1);
    this.#seq = Math.max(this.#seq, to);
  }
}
