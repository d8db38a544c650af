import { checkCount, checkNames } from "../util/checks.js";
import { type Clock, type SteadyClock, steady, systemClock } from "../util/clock.js";
import type { History, HistoryLimits, HistoryStore } from "./history.js";
import { type Budget, Log } from "./log.js";

/**
 * How much memory all histories may take together.
 *
 * @category History
 */
export interface MemoryHistoryOptions {
  /**
   * Most bytes of messages; above, the rooms that have been silent for longest lose theirs. Default 67108864
   * (64 MiB). In memory a message takes its bytes, twice as many outside Latin-1, and about 100 more.
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
  readonly #maxBytes: number;
  readonly #clock: SteadyClock;
  /** The logs that keep something; the one that has been silent for longest is first. */
  readonly #logs = new Set<Log>();
  #bytes = 0;

  /** @throws RoomcastError `INVALID_OPTION`, naming the option and the value. */
  constructor({ maxBytes = 67_108_864, clock = systemClock, ...rest }: MemoryHistoryOptions = {}) {
    checkNames(rest, ["maxBytes", "clock"]);
    checkCount("maxBytes", maxBytes);
    this.#maxBytes = maxBytes;
    this.#clock = steady(clock);
  }

  /** How many bytes of messages are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  open(roomId: string, limits: HistoryLimits): History {
    return new Log(roomId, limits, this.#clock, this.#budget);
  }

  close(_roomId: string, history: History): void {
    (history as Log).clear();
  }

  readonly #budget: Budget = {
    appended: (log, bytes) => {
      this.#logs.delete(log);
      this.#logs.add(log);
      this.#bytes += bytes;
      for (const silent of this.#logs) {
        if (this.#bytes <= this.#maxBytes) break;
        silent.clear();
      }
    },
    forgot: (log, bytes) => {
      this.#bytes -= bytes;
      if (log.isEmpty) this.#logs.delete(log);
    },
  };
}
