import type { Envelope, Position } from "../protocol/types.js";
import type { Gap } from "./cursor.js";
import { Emitter, type Unsubscribe } from "./emitter.js";
import type { ConnectionError } from "./errors.js";

/** Names of a room's events that are no messages. */
const EVENTS = /^(members|gap|left)$/;

/** Most messages that a handle holds, and most characters of text in them. */
const MAX_HELD = 200;
const MAX_HELD_SIZE = 262_144;

/** Something that happened in a room. */
export interface News {
  readonly name: string;
  readonly event: unknown;
  /** The message, if it is one. */
  readonly message?: Envelope | undefined;
  /** The length of its text. */
  readonly size?: number;
  /** The positions that are missing where nobody hears of it, if it has any. */
  readonly gap?: Gap | undefined;
  /** The epoch of these. */
  readonly epoch?: string | undefined;
}

/** News on their way to several handles. */
export interface Notice extends News {
  /** What listeners returned. */
  readonly results: Promise<unknown>[];
  /** How many handles hold it. */
  holders: number;
  /** Runs each time a handle that held it has told it, or given it up. */
  onTold(): void;
}

/**
 * The listeners of a handle. Messages are held, in order, until there is the first listener for one, and handed
 * on in a microtask, so that all listeners hear them that are added together. What is too much is told as
 * a gap, before the rest.
 *
 * Events are told at once, except those that would be lost: `gap` and `left` where nobody listens for them,
 * and a `gap` behind messages that are held.
 */
export class HoldingEmitter extends Emitter {
  #isHolding = true;
  #held: Notice[] = [];
  /** Runs when the server has let us in, and with an error when the room is left. */
  onChange: ((error?: ConnectionError) => void) | undefined;

  override on(name: string, listener: (event: never) => unknown): Unsubscribe {
    if (this.#isHolding) queueMicrotask(() => this.caller.run(() => this.#release(name)));
    return super.on(name, listener);
  }

  /** Position before the first message that is held; undefined if none is. */
  get heldFrom(): Position | undefined {
    const first = this.#held.find(({ gap }) => gap);
    return first?.gap && { epoch: first.epoch as string, seq: first.gap.from - 1 };
  }

  /** Tells the listeners, or holds it for them; behind those before it. */
  tell(notice: Notice, before = this.#held): void {
    const { name, event, results } = notice;
    const isBehind = name === "gap" && before.some(({ gap }) => gap);
    if (!this.#isHolding || (EVENTS.test(name) && this.has(name) && !isBehind)) {
      results.push(...this.emit(name, event));
    } else if (name !== "members") {
      notice.holders++;
      before.push(notice);
    }
    const size = () => this.#held.reduce((sum, one) => sum + (one.size ?? 0), 0);
    // A gap at the front stands for older ones, and is none of them.
    const most = () => (this.#held[0]?.message ? MAX_HELD : MAX_HELD + 1);
    while (this.#held.length > most() || size() > MAX_HELD_SIZE) this.#giveUp();
  }

  /** Forgets what is held. */
  drop(): void {
    this.#held = [];
  }

  /** There is a listener of that name: tells what can be told now. */
  #release(name: string): void {
    this.#isHolding &&= EVENTS.test(name) || !this.has(name);
    const held = this.#held;
    const kept: Notice[] = [];
    // A listener may leave the room.
    while (held.length && held === this.#held) {
      const notice = this.#take();
      this.tell(notice, kept);
      notice.onTold();
    }
    held.push(...kept);
  }

  /** Gives up the oldest message: the gap at the front stands for it, too. */
  #giveUp(): void {
    const first = this.#take();
    const last = first.message ? first : this.#take();
    const start = first.gap ?? last.gap;
    if (start) {
      const gap = { from: start.from, to: start.to && (last.gap ?? start).to };
      this.#held.unshift({ ...first, name: "gap", event: gap, message: undefined, size: 0, gap });
    }
    last.onTold();
  }

  /** Takes out the oldest. */
  #take(): Notice {
    const notice = this.#held.shift() as Notice;
    notice.holders--;
    return notice;
  }
}
