import { checkCount, checkNames } from "../checks.js";
import { type Clock, systemClock } from "../clock.js";
import type { History, HistoryLimits, HistoryStore } from "./history.js";
import { Log } from "./log.js";

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
    const log = new Log(roomId, limits, this.#clock, this.#grow);
    this.#logs.add(log);
    return log;
  }

  close(_roomId: string, history: History): void {
    (history as Log).clear();
    this.#logs.delete(history as Log);
  }

  readonly #grow = (bytes: number): void => {
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) this.#silent().clear();
  };

  /** Of the rooms of which something is kept, the one that has been silent for longest. */
  #silent(): Log {
    let found: Log | undefined;
    for (const log of this.#logs) {
      if (!log.isEmpty && (found === undefined || log.lastSaid < found.lastSaid)) found = log;
    }
    return found as Log;
  }
}
