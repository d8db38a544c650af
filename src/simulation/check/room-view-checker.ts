import type { Gap } from "../../browser/index.js";
import type { Envelope, Position } from "../../index.js";
import type { RoomLike } from "../parts.js";
import type { Fail } from "./rules.js";
import { LASTING_TYPES } from "./wire-checker.js";

/** What a room view checker needs. */
export interface RoomViewCheckerContext {
  readonly fail: Fail;
  /** The participant whose application this is. */
  readonly participant: string;
  /** Whether a position needs no message: it is acked, or this participant was excluded. */
  isAccounted(epoch: string, seq: number): boolean;
  /** The last position of this room in an epoch. */
  lastSeq(epoch: string): number;
}

/** Checks what the application at the remote end sees of one room: messages in order, and every gap. */
export class RoomViewChecker {
  readonly #context: RoomViewCheckerContext;
  readonly #room: string;
  /** Undefined until the application knows its position. */
  #epoch: string | undefined;
  #seq: number;
  /** Whether a gap without an end was reported: the positions start over. */
  #isRestartReported = false;
  /** Users that are shown as typing. */
  readonly typing = new Set<string>();

  constructor(room: RoomLike, { epoch, seq }: Position, context: RoomViewCheckerContext) {
    this.#context = context;
    this.#room = room.id;
    this.#epoch = epoch;
    this.#seq = seq;
    room.on("room_info", (info: Envelope) => this.#roomInfo(info));
    room.on("gap", ({ from, to }: Gap) => this.#gap(from, to));
    room.on("user_left", ({ payload }: Envelope) => {
      this.typing.delete((payload as { id: string }).id);
    });
    room.on("user_typing", ({ payload, sender }: Envelope) => {
      if ((payload as { typing: boolean }).typing) this.typing.add(sender?.id as string);
      else this.typing.delete(sender?.id as string);
    });
    for (const type of LASTING_TYPES) {
      room.on(type, (message: Envelope) => this.#message(message));
    }
  }

  /** Checks that every position up to `to` was seen, acked, skipped or reported as a gap. */
  reach(to: number): void {
    const { fail, participant, isAccounted } = this.#context;
    for (let seq = this.#seq + 1; seq <= to; seq++) {
      if (isAccounted(this.#epoch as string, seq)) continue;
      const text = `${participant} saw neither number ${seq} of ${this.#room} nor a gap there`;
      fail("the view has no unreported gaps", text);
      break;
    }
    this.#seq = Math.max(this.#seq, to);
  }

  #message({ seq, type }: Envelope): void {
    if (seq === undefined || seq === 0) return;
    if (seq <= this.#seq) {
      this.#failOrder(`${type} ${seq}`);
      return;
    }
    this.reach(seq - 1);
    this.#seq = seq;
  }

  #roomInfo({ epoch, seq = 0 }: Envelope): void {
    this.typing.clear();
    if (epoch === this.#epoch) {
      this.reach(seq);
      return;
    }
    const { fail, participant, lastSeq } = this.#context;
    if (!this.#isRestartReported && seq > 0) {
      const text = `${participant} was not told that the positions of ${this.#room} start over`;
      fail("the view has no unreported gaps", text);
    } else if (!this.#isRestartReported) {
      // A room that begins anew is no gap for those who had seen all of it.
      this.reach(lastSeq(this.#epoch as string));
    }
    this.#isRestartReported = false;
    this.#epoch = epoch;
    this.#seq = seq;
  }

  #gap(from: number, to: number | undefined): void {
    if (to === undefined) {
      this.#isRestartReported = true;
      return;
    }
    if (from <= this.#seq && to <= this.#seq) this.#failOrder(`a gap up to ${to}`);
    this.reach(from - 1);
    this.#seq = Math.max(this.#seq, to);
  }

  #failOrder(what: string): void {
    const text = `${this.#context.participant} is at ${this.#seq} in ${this.#room}, and sees ${what}`;
    this.#context.fail("the view is in order", text);
  }
}
