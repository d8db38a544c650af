import { checkCount, checkNames } from "../util/checks.js";
import { type Clock, systemClock } from "../util/clock.js";
import type { History, HistoryLimits, HistoryStore } from "./history.js";
import { type Ledger, Log } from "./log.js";

/** How much memory all histories may take together. */
export interface MemoryHistoryOptions {
  /** Bytes of messages; over them, the rooms that have been silent for longest lose theirs. Default
   * 67108864 (64 MiB). In memory a message takes its bytes, up to twice as many where it is more
   * than Latin-1, and some 100 more. */
  readonly maxBytes?: number;
  /** Where time comes from. Default: the runtime's own. */
  readonly clock?: Clock;
}

/** Keeps the histories of all rooms in this process: what a hub uses unless it is given another. */
export class MemoryHistory implements HistoryStore {
  readonly #maxBytes: number;
  readonly #clock: Clock;
  /** Those that keep something; those that have been silent for longest come first. */
  readonly #logs = new Set<Log>();
  #bytes = 0;

  /** @throws RoomcastError `INVALID_OPTION`, naming the option and the value. */
  constructor({ maxBytes = 67_108_864, clock = systemClock, ...rest }: MemoryHistoryOptions = {}) {
    checkNames(rest, ["maxBytes", "clock"]);
    checkCount("maxBytes", maxBytes);
    this.#maxBytes = maxBytes;
    this.#clock = clock;
  }

  /** How many bytes of messages are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  open(roomId: string, limits: HistoryLimits): History {
    return new Log(roomId, limits, this.#clock, this.#ledger);
  }

  close(_roomId: string, history: History): void {
    (history as Log).clear();
  }

  readonly #ledger: Ledger = {
    said: (log, bytes) => {
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
