import {
  type Clock,
  type History,
  type HistoryStore,
  Hub,
  type HubOptions,
  MemoryHistory,
  Room,
  type Socket,
} from "roomcast";
import { connect } from "roomcast/browser";
import {
  type SimulationOptions,
  type SimulationRule,
  type Step,
  simulate,
} from "roomcast/simulation";
import { describe, expect, test } from "vitest";

const SEEDS = 200;

const parts: Omit<SimulationOptions, "seed"> = {
  connect,
  createHub: (options) => new Hub(options),
  createHistory: (options) => new MemoryHistory(options),
};

/** A history store with a fault. */
function brokenHistory(
  change: (history: History) => Partial<History>,
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
          ...change(history),
        };
        originals.set(wrapped, history);
        return wrapped;
      },
      close: (roomId, history) => store.close(roomId, originals.get(history) as History),
    } satisfies HistoryStore;
  };
}

/** A hub with a fault. */
function brokenHub(damage: (hub: Hub, options: HubOptions) => void): Partial<SimulationOptions> {
  return {
    createHub: (options) => {
      const hub = new Hub(options);
      damage(hub, options);
      return hub;
    },
  };
}

/** A hub whose sockets have a fault. */
function brokenSocket(damage: (socket: Socket) => Socket): Partial<SimulationOptions> {
  return brokenHub((hub) => {
    const { accept } = hub;
    hub.accept = (socket, given) => accept.call(hub, damage(socket), given);
  });
}

/** A client that does not emit one type of event. */
function deafTo(type: string): Partial<SimulationOptions> {
  return {
    connect: (url, options) => {
      const connection = connect(url, options);
      const { join } = connection;
      connection.join = async (...given) => {
        const room = await join.apply(connection, given);
        const { on } = room;
        room.on = (name: string, listener: never) => {
          return name === type ? () => {} : on.call(room, name, listener);
        };
        return room;
      };
      return connection;
    },
  };
}

/** Faults, and the rule that each one breaks. */
const FAULTS: readonly (readonly [string, SimulationRule, Partial<SimulationOptions>])[] = [
  [
    "a hub sends to clients that are excluded",
    "only excluded clients are skipped",
    brokenHub((hub) => {
      const { room } = hub;
      hub.room = (id) => {
        const found = room.call(hub, id);
        found.broadcast = (type, payload, options) => {
          const all = { ...options, except: undefined };
          return Room.prototype.broadcast.call(found, type, payload, all);
        };
        return found;
      };
    }),
  ],
  [
    "a hub does not remove users who lose permission",
    "messages only for members",
    brokenHub((hub) => {
      hub.revoke = async () => {};
    }),
  ],
  [
    "a hub does not see that a client is slow",
    "memory is bounded",
    brokenSocket((socket) => Object.create(socket, { bufferedAmount: { value: 0 } })),
  ],
  [
    "a hub answers whatever it is asked, read or not",
    "memory is bounded",
    brokenHub((hub) => {
      hub.on("connect", ({ client }) => {
        client.outbox.hasRoom = () => true;
      });
    }),
  ],
  [
    "a hub does not look again at a client to which nothing is sent",
    "memory is bounded",
    brokenHub((hub) => {
      hub.on("connect", ({ client }) => {
        client.outbox.look = () => {};
      });
    }),
  ],
  [
    "the statistics of a hub are wrong",
    "stats are true",
    brokenHub((hub) => {
      const { stats } = hub;
      hub.stats = () => ({ ...stats.call(hub), clients: 0 });
    }),
  ],
  [
    "a hub leaves a timer behind",
    "nothing is left",
    brokenHub((hub, { clock }) => {
      hub.on("join", () => clock?.setTimeout(() => {}, 1_000_000));
    }),
  ],
  [
    "a hub logs an error",
    "no errors",
    brokenHub((hub, { logger }) => {
      hub.on("lag", () => logger?.error("It is slow."));
    }),
  ],
  [
    "a client does not report gaps to its application",
    "the view has no unreported gaps",
    deafTo("gap"),
  ],
];

/** The first failure with any of the seeds. */
async function firstFailure(changes: Partial<SimulationOptions>) {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure } = await simulate({ ...parts, ...changes, seed });
    if (failure !== undefined) return failure;
  }
  return undefined;
}

describe("a simulation", () => {
  test(`keeps every rule with ${SEEDS} seeds`, async () => {
    let replayed = 0;
    let missed = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const report = await simulate({ ...parts, seed });
      expect(report.failure?.text).toBeUndefined();
      replayed += report.replayed;
      missed += report.missed;
    }
    // Runs without replays and gaps would prove nothing.
    expect(replayed).toBeGreaterThan(1_000);
    expect(missed).toBeGreaterThan(100);
  });

  test("is the same again with the same seed", async () => {
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
      // Rooms without history have random epochs.
      return writes.map((text) => text.replace(/"epoch":"[^"]*"/g, ""));
    };
    const first = await trace(7);
    expect(first.length).toBeGreaterThan(100);
    expect(await trace(7)).toEqual(first);
    expect(await trace(8)).not.toEqual(first);
  });

  test("performs the steps it is given, and no others", async () => {
    const steps: Step[] = [
      { action: "connect", participant: "alice-1" },
      { action: "join", participant: "alice-1", room: "red" },
      { action: "wait", ms: 1_000 },
    ];
    const report = await simulate({ ...parts, seed: 1, steps });
    expect(report).toMatchObject({ seed: 1, steps: 3, replayed: 0, failure: undefined });
    expect(report.delivered).toBeGreaterThan(0);
  });

  test("keeps every rule with the hub's own history store", async () => {
    const { createHistory: _, ...rest } = parts;
    const report = await simulate({ ...rest, seed: 3 });
    expect(report.failure).toBeUndefined();
  });
});

describe("a fault", () => {
  test("is found if a history returns a message twice", async () => {
    const createHistory = brokenHistory((history) => ({
      since: (seq, limit) => history.since(Math.max(0, seq - 1), limit),
    }));
    const failure = await firstFailure({ createHistory });
    expect(failure?.rule).toBe("no duplicates");
    // Few of 300 steps are needed: a client joins, misses a message, and comes back.
    expect(failure?.steps.length).toBeLessThan(20);
    expect(failure?.text).toMatch(
      /^Seed \d+ breaks "no duplicates": .+\nThe shortest steps found.+:\n {2}1\. /,
    );
  });

  test("is found if a history loses messages that it must keep", async () => {
    const createHistory = brokenHistory((history) => ({
      since: (_seq, limit) => history.since(history.position.seq, limit),
    }));
    const failure = await firstFailure({ createHistory });
    expect(failure?.rule).toBe("reported gaps are real");
    expect(failure?.steps.length).toBeLessThan(20);
  });

  test("is found if a hub lets everyone join", async () => {
    const createHub = (options: HubOptions) => new Hub({ ...options, authorize: () => true });
    const failure = await firstFailure({ createHub });
    expect(failure?.rule).toBe("nobody joins without permission");
  });

  test("is found if a socket loses some of what is written to it", async () => {
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

  test("is found if a history's age is measured by a clock that can be set", async () => {
    const failure = await firstFailure({
      createHistory: ({ clock }) => {
        const settable: Clock = {
          now: () => clock.now(),
          monotonic: () => clock.now(),
          setImmediate: (callback) => clock.setImmediate(callback),
          setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
          clearTimeout: (handle) => clock.clearTimeout(handle),
        };
        return new MemoryHistory({ clock: settable });
      },
    });
    expect(failure?.rule).toBe("reported gaps are real");
    expect(failure?.text).toMatch(/wall clock is set forward by \d+ ms/);
  });

  test.each(FAULTS)("is found if %s", async (_, rule, fault) => {
    const failure = await firstFailure({ ...fault, shrinkAttempts: 0 });
    expect(failure?.rule).toBe(rule);
  });

  test("can be reproduced with the seed and the steps of the report", async () => {
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
