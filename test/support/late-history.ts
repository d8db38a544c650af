import type { Envelope, History, HistoryLimits, HistoryStore, Position } from "roomcast";
import { MemoryHistory } from "roomcast";
import type { World } from "./world.js";

/** Joins a room again, from a position. */
export const rejoin = (room: string, since: unknown, id = "again"): Envelope => ({
  type: "join_room",
  payload: { room_id: room, since },
  id,
});

/** Lets promises that are due settle, and ends the turns that they begin. */
export async function settle(world: World): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.flush();
  }
}

/** One read of a {@link LateHistory} that has not been answered yet. */
export interface PendingRead {
  answer(): void;
  fail(cause: unknown): void;
}

/** Keeps histories in memory, and shows them when the test says so, as a database far away would. */
export class LateHistory implements HistoryStore {
  /** Reads that have not been answered, in order. */
  readonly reads: PendingRead[] = [];
  readonly #isFresh: boolean;
  readonly #memory = new MemoryHistory();
  readonly #kept = new Map<History, History>();

  /** @param shows Whether a read finds what was there when it was asked, or when it answers. */
  constructor(shows: "when asked" | "when answered" = "when asked") {
    this.#isFresh = shows === "when answered";
  }

  open(roomId: string, limits: HistoryLimits): History {
    const kept = this.#memory.open(roomId, limits);
    const history: History = {
      get position(): Position {
        return kept.position;
      },
      append: (message) => kept.append(message),
      since: (seq, limit) => {
        const early = kept.since(seq, limit);
        return new Promise((resolve, reject) => {
          const answer = () => resolve(this.#isFresh ? kept.since(seq, limit) : early);
          this.reads.push({ answer, fail: reject });
        });
      },
    };
    this.#kept.set(history, kept);
    return history;
  }

  close(roomId: string, history: History): void {
    this.#memory.close(roomId, this.#kept.get(history) as History);
    this.#kept.delete(history);
  }

  /** Answers the reads one after the other, until there are none. */
  async answerAll(world: World): Promise<void> {
    await settle(world);
    for (let read = this.reads.shift(); read !== undefined; read = this.reads.shift()) {
      read.answer();
      await settle(world);
    }
  }
}
