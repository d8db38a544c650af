import { checkCount, checkNames } from "../util/checks.js";
import { type Clock, type SteadyClock, steady, systemClock } from "../util/clock.js";
import { Budget } from "./budget.js";
import { heapLimit } from "./heap-limit.js";
import type { History, HistoryLimits, HistoryStore } from "./history.js";
import { Log } from "./log.js";

/** Most bytes of messages by default. */
const MAX_BYTES = 67_108_864;

/**
 * How much memory all histories may take together.
 *
 * @category History
 */
export interface MemoryHistoryOptions {
  /**
   * Most bytes of messages; above, the rooms that keep most lose the older half of theirs, those that have been
   * silent for longest first. Default 67108864 (64 MiB), or an eighth of what the heap may have at most where the
   * runtime says so, as Node does, and that is less. In memory a message takes its bytes, twice as many outside
   * Latin-1, and about 200 more.
   */
  readonly maxBytes?: number;
  /** Where time comes from. Default: the runtime's own. */
  readonly clock?: Clock;
}

/**
 * Keeps the histories of all rooms in this process. A hub uses one unless it is given another store.
 *
 * @category History
 */
export class MemoryHistory implements HistoryStore {
  readonly #clock: SteadyClock;
  readonly #budget: Budget;

  /** @throws RoomcastError `INVALID_OPTION`, naming the option and the value. */
  constructor({
    maxBytes = defaultMaxBytes(),
    clock = systemClock,
    ...rest
  }: MemoryHistoryOptions = {}) {
    checkNames(rest, ["maxBytes", "clock"]);
    checkCount("maxBytes", maxBytes);
    this.#budget = new Budget(maxBytes);
    this.#clock = steady(clock);
  }

  /** How many bytes of messages are kept now. */
  get bytes(): number {
    return this.#budget.bytes;
  }

  open(roomId: string, limits: HistoryLimits): History {
    return new Log(roomId, limits, this.#clock, this.#budget);
  }

  close(_roomId: string, history: History): void {
    (history as Log).shrinkTo(0);
  }
}

/** An eighth of the heap at most: twice as many bytes are kept of it at worst, and small messages weigh more. */
function defaultMaxBytes(): number {
  return Math.min(MAX_BYTES, Math.floor((heapLimit() ?? Number.POSITIVE_INFINITY) / 8));
}
