import { type History, type HistoryStore, Hub, type HubOptions, MemoryHistory } from "roomcast";
import { connect } from "roomcast/browser";
import { type SimulationOptions, type Step, simulate } from "roomcast/simulation";
import { describe, expect, test } from "vitest";

const SEEDS = 200;

const parts: Omit<SimulationOptions, "seed"> = {
  connect,
  createHub: (options) => new Hub(options),
  createHistory: (options) => new MemoryHistory(options),
};

/** A history that mistreats what it is given. */
function broken(
  mistreat: (history: History) => Partial<History>,
): SimulationOptions["createHistory"] {
  return ({ clock }) => {
    const store = new MemoryHistory({ clock });
    const originals = new Map<History, History>();
    return {
      open(roomId, limits) {
        const history = store.open(roomId, limits);
        const wrapped: History = {
          get position() {
            return history.position;
          },
          append: (message) => history.append(message),
          since: (seq, limit) => history.since(seq, limit),
          ...mistreat(history),
        };
        originals.set(wrapped, history);
        return wrapped;
      },
      close: (roomId, history) => store.close(roomId, originals.get(history) as History),
    } satisfies HistoryStore;
  };
}

/** The first failure among the first seeds. */
async function firstFailure(changes: Partial<SimulationOptions>) {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure } = await simulate({ ...parts, ...changes, seed });
    if (failure !== undefined) return failure;
  }
  return undefined;
}

describe("a simulated hub", () => {
  test(`keeps every rule, in the worlds of ${SEEDS} seeds`, async () => {
    let replayed = 0;
    let missed = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const report = await simulate({ ...parts, seed });
      expect(report.failure?.text).toBeUndefined();
      replayed += report.replayed;
      missed += report.missed;
    }
    // Worlds in which nothing goes wrong would prove nothing.
    expect(replayed).toBeGreaterThan(1_000);
    expect(missed).toBeGreaterThan(100);
  });

  test("does the same again, given the same seed", async () => {
    const trace = async (seed: number) => {
      const writes: string[] = [];
      const createHub = (options: HubOptions) => {
        const hub = new Hub(options);
        const { accept } = hub;
        hub.accept = (socket, given) => {
          const { write } = socket;
          socket.write = (batch) => {
            writes.push(
              batch
                .messages()
                .map(({ text }) => text)
                .join(),
            );
            write(batch);
          };
          return accept.call(hub, socket, given);
        };
        return hub;
      };
      await simulate({ ...parts, createHub, seed });
      // Where nothing is kept, the hub itself names the epoch.
      return writes.map((text) => text.replace(/"epoch":"[^"]*"/g, ""));
    };
    const first = await trace(7);
    expect(first.length).toBeGreaterThan(100);
    expect(await trace(7)).toEqual(first);
    expect(await trace(8)).not.toEqual(first);
  });

  test("lives through the steps it is given, and no others", async () => {
    const steps: Step[] = [
      { action: "connect", participant: "alice-1" },
      { action: "join", participant: "alice-1", room: "red" },
      { action: "wait", ms: 1_000 },
    ];
    const report = await simulate({ ...parts, seed: 1, steps });
    expect(report).toMatchObject({ seed: 1, steps: 3, replayed: 0, failure: undefined });
    expect(report.delivered).toBeGreaterThan(0);
  });

  test("keeps every rule with a history that nobody watches", async () => {
    const { createHistory: _, ...rest } = parts;
    const report = await simulate({ ...rest, seed: 3 });
    expect(report.failure).toBeUndefined();
  });
});

describe("what is broken", () => {
  test("is found where a history returns a message twice", async () => {
    const createHistory = broken((history) => ({
      since: (seq, limit) => history.since(Math.max(0, seq - 1), limit),
    }));
    const failure = await firstFailure({ createHistory });
    expect(failure?.rule).toBe("no duplicates");
    // Whatever was planned, it takes few steps: somebody joins, misses something, and comes back.
    expect(failure?.steps.length).toBeLessThan(20);
    expect(failure?.text).toMatch(
      /^Seed \d+ breaks "no duplicates": .+\nThe shortest steps found.+:\n {2}1\. /,
    );
  });

  test("is found where a history loses what it must keep", async () => {
    const createHistory = broken((history) => ({
      since: (_seq, limit) => history.since(history.position.seq, limit),
    }));
    const failure = await firstFailure({ createHistory });
    expect(failure?.rule).toBe("reported gaps are real");
    expect(failure?.steps.length).toBeLessThan(20);
  });

  test("is found where a hub lets in whoever asks", async () => {
    const createHub = (options: HubOptions) => new Hub({ ...options, authorize: () => true });
    const failure = await firstFailure({ createHub });
    expect(failure?.rule).toBe("nobody joins without permission");
  });

  test("is found where a socket loses what is written to it", async () => {
    const createHub = (options: HubOptions) => {
      const hub = new Hub(options);
      const { accept } = hub;
      let count = 0;
      hub.accept = (socket, given) => {
        const { write } = socket;
        socket.write = (batch) => {
          if (++count % 50 !== 0) write(batch);
        };
        return accept.call(hub, socket, given);
      };
      return hub;
    };
    expect(await firstFailure({ createHub })).toBeDefined();
  });

  test("can be told again, with the seed and the steps of the report", async () => {
    const createHub = (options: HubOptions) => new Hub({ ...options, authorize: () => true });
    const failure = await firstFailure({ createHub });
    const seed = Number(/^Seed (\d+)/.exec(failure?.text ?? "")?.[1]);
    const again = await simulate({
      ...parts,
      createHub,
      seed,
      steps: failure?.steps ?? [],
      shrinkAttempts: 0,
    });
    expect(again.failure?.message).toBe(failure?.message);
  });
});
