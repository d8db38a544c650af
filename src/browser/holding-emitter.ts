import type { Envelope, Position } from "../protocol/types.js";
import type { Gap } from "./cursor.js";
import { Emitter, type Unsubscribe } from "./emitter.js";
import type { Turns } from "./turns.js";

/** Names of events that are no messages. */
const EVENTS = ["members", "gap", "left", "status", "error"];

/** Most messages that an emitter holds, and most characters of text in them. */
const MAX_HELD = 200;
const MAX_HELD_SIZE = 262_144;

/** Something to tell; one for all emitters that are told. */
export class Notice {
  readonly name: string;
  readonly event: unknown;
  /** Length of the received text. */
  readonly size: number;
  /** What is missing where nobody hears it; undefined if it has no position. */
  readonly gap: Gap | undefined;
  /** Epoch of that. */
  readonly epoch: string | undefined;
  /** What listeners returned. */
  readonly results: Promise<unknown>[] = [];
  /** How many emitters hold it. */
  holders = 0;
  /** Whether it was heard, and answered if the server asked for it. */
  isDone = false;
  /** Whether an error has said that nobody listens. */
  isReported = false;
  /** Status of the connection when it came. */
  status: unknown;

  constructor(name: string, event: unknown, size = 0, gap?: Gap, epoch?: string) {
    this.name = name;
    this.event = event;
    this.size = size;
    this.gap = gap;
    this.epoch = epoch;
  }

  /** The message, if it is one. */
  get message(): Envelope | undefined {
    return EVENTS.includes(this.name) ? undefined : (this.event as Envelope);
  }
}

/**
 * An emitter that holds messages, in order, until there is the first listener for one. It hands them on in a
 * microtask, so that all listeners hear them that are added together. What is too much is told as a gap,
 * before the rest.
 *
 * Events are told at once, except those that would be lost: `gap` and `left` where nobody listens for them,
 * and a `gap` behind messages that are held.
 */
export class HoldingEmitter extends Emitter {
  readonly #turns: Turns;
  readonly #onTold: (notice: Notice) => void;
  #isHolding = true;
  #held: Notice[] = [];
  #size = 0;
  /** The gap that stands for messages that were too much. */
  #lost: Notice | undefined;

  /** @param onTold Runs for what was held once it is told, or given up. */
  constructor(
    onFailure: (name: string, cause: unknown) => void,
    turns: Turns,
    onTold: (notice: Notice) => void,
  ) {
    super(onFailure);
    this.#turns = turns;
    this.#onTold = onTold;
  }

  override on(name: string, listener: (event: never) => unknown): Unsubscribe {
    if (this.#isHolding) queueMicrotask(() => this.#turns.run(() => this.#release()));
    return super.on(name, listener);
  }

  /** Position before the first message that is held; undefined if none is. */
  get heldFrom(): Position | undefined {
    const first = this.#lost ?? this.#held.find(({ gap }) => gap);
    return first?.gap && { epoch: first.epoch as string, seq: first.gap.from - 1 };
  }

  /** Tells the listeners, or holds it for them. */
  tell(notice: Notice): void {
    if (this.#isFree(notice, this.#held)) this.#tell(notice);
    else if (notice.name !== "members") {
      notice.holders++;
      this.#size += notice.size;
      this.#held.push(notice);
      while (this.#held.length > MAX_HELD || this.#size > MAX_HELD_SIZE) this.#giveUp();
    }
  }

  /** Forgets what is held. */
  drop(): void {
    this.#held = [];
    this.#size = 0;
    this.#lost = undefined;
  }

  /** Whether it can be told now, although others are held before it. */
  #isFree({ name }: Notice, before: Notice[]): boolean {
    if (!this.#isHolding) return true;
    const isBehind = name === "gap" && (this.#lost || before.some(({ gap }) => gap));
    return EVENTS.includes(name) && this.has(name) && !isBehind;
  }

  /** Tells what can be told now. */
  #release(): void {
    this.#isHolding &&= this.names.every((name) => EVENTS.includes(name));
    if (this.#lost && !this.#isHolding) {
      this.#held.unshift(this.#lost);
      this.#lost = undefined;
    }
    for (let index = 0; index < this.#held.length; ) {
      const notice = this.#held[index] as Notice;
      if (this.#isFree(notice, this.#held.slice(0, index))) {
        this.#remove(index);
        this.#tell(notice);
        this.#onTold(notice);
      } else index++;
    }
  }

  #tell(notice: Notice): void {
    notice.results.push(...this.emit(notice.name, notice.event));
  }

  /** Gives up the oldest. */
  #giveUp(): void {
    const notice = this.#remove(0);
    const { gap, epoch } = notice;
    if (gap) {
      const { from, to } = this.#lost?.gap ?? gap;
      const all = { from, to: to && gap.to };
      this.#lost = new Notice("gap", all, 0, all, epoch);
    }
    this.#onTold(notice);
  }

  #remove(index: number): Notice {
    const [notice] = this.#held.splice(index, 1) as [Notice];
    notice.holders--;
    this.#size -= notice.size;
    return notice;
  }
}
