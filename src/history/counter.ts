import { Batch } from "../delivery/batch.js";
import type { Message } from "../delivery/message.js";
import type { Position } from "../protocol/types.js";
import type { Past, Replay } from "./history.js";

/** Tells the epochs of this process from those of others. Not before it is needed: Workers forbid it. */
let run = "";

let epochs = 0;

/**
 * How far a room has got, and nothing of what was said: the past of a room that keeps none. Every room has
 * one, so it is small.
 */
export class Counter implements Past, Position {
  readonly #epoch = epochs++;
  seq = 0;

  get epoch(): string {
    run ||= crypto.randomUUID().slice(0, 8);
    return `${run}${this.#epoch.toString(36).padStart(6, "0")}`;
  }

  get position(): Position {
    return this;
  }

  append(_message: Message): void {
    this.seq++;
  }

  since(_seq: number, _limit: number): Replay | Promise<Replay> {
    return { from: this.seq + 1, to: this.seq, batch: NOTHING };
  }

  nothing(): Replay {
    return { from: this.seq + 1, to: this.seq, batch: NOTHING };
  }

  /** There is nothing to read. */
  hold(): void {}

  release(): void {}
}

const NOTHING = new Batch();
