import { checkSettled, checkShutdown } from "./check/invariants.js";
import type { SimulationParts, Violation } from "./parts.js";
import { Random } from "./plan/random.js";
import { shrink } from "./plan/shrink.js";
import { describeStep, planSteps, type Step } from "./plan/steps.js";
import { Simulation } from "./run/simulation.js";

/** What to simulate. */
export interface SimulationOptions extends SimulationParts {
  /** Decides everything: the same seed and the same steps, the same run. An integer. */
  readonly seed: number;
  /** How many steps; or these and no others, as a failure names them. Default 300. */
  readonly steps?: number | readonly Step[];
  /** How many histories may be tried to find a short one that fails too; 0 for none. Default 300. */
  readonly attempts?: number;
}

/** How a simulation failed. */
export interface SimulationFailure {
  /** The rule that was broken, in a few words. */
  readonly rule: string;
  /** What happened. */
  readonly message: string;
  /** The shortest history found that breaks the same rule. */
  readonly history: readonly Step[];
  /** All of it in words: seed, rule, what happened, and the history. */
  readonly text: string;
}

/** What a simulation came to. */
export interface SimulationReport {
  /** The seed. */
  readonly seed: number;
  /** How many steps were taken. */
  readonly steps: number;
  /** Messages handed to sockets, by all hubs of the run. */
  readonly delivered: number;
  /** Messages that were sent from history. */
  readonly replayed: number;
  /** Messages that clients were told they would not get. */
  readonly missed: number;
  /** Undefined if every rule held. */
  readonly failure: SimulationFailure | undefined;
}

/**
 * Simulates the life of a hub: many connections in memory on a virtual clock, and everything that can go
 * wrong between them and the server. Slow and stuck readers, links that break or go silent, several tabs of
 * one user, bans, restarts with an empty memory. All the while, and once it is quiet again, it checks:
 *
 * - what each connection hears of a room is in order, without duplicates, and it is told of every gap;
 * - nobody is shown what was said where they were not, or may not be;
 * - nobody types, and the members are those who are there, once it is quiet;
 * - what waits for a slow reader is bounded, and nobody lags for longer than `lagTimeout`;
 * - nothing is left when it is over: no timer, no history, no connection.
 *
 * No real time passes, and nothing is random but by the seed. What fails is told with the shortest history
 * that fails in the same way.
 *
 * @example
 * ```ts
 * const report = await simulate({
 *   seed: 7,
 *   connect,
 *   createHub: (options) => new Hub({ ...options, maxBufferedBytes: 4_000 }),
 *   createHistory: (options) => new MemoryHistory(options),
 * });
 * if (report.failure) throw new Error(report.failure.text);
 * ```
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { seed, steps = 300, attempts = 300 } = options;
  const planned =
    typeof steps === "number" ? planSteps(new Random(seed).fork("steps"), steps) : steps;
  const outcome = await run(options, planned);
  const report = { seed, steps: outcome.taken, ...outcome.counts };
  const { violation } = outcome;
  if (violation === undefined) return { ...report, failure: undefined };
  const { rule } = violation;
  let worst = violation;
  const history = await shrink(
    planned.slice(0, outcome.taken),
    async (candidate) => {
      const again = await run(options, candidate);
      if (again.violation?.rule !== rule) return false;
      worst = again.violation;
      return true;
    },
    attempts,
  );
  const text = describe(seed, worst, history);
  return { ...report, failure: { rule, message: worst.text, history, text } };
}

interface Run {
  readonly taken: number;
  readonly violation: Violation | undefined;
  readonly counts: Pick<SimulationReport, "delivered" | "replayed" | "missed">;
}

async function run({ seed, ...parts }: SimulationOptions, steps: readonly Step[]): Promise<Run> {
  const world = new Simulation(seed, parts);
  let taken = 0;
  for (const step of steps) {
    if (world.violation !== undefined) break;
    taken++;
    world.take(step);
    // Without time, promises go on; only the steps that let time pass end a turn.
    if (step.do === "pass") await world.pass(step.ms);
    world.check();
  }
  if (world.violation === undefined) await checkSettled(world);
  if (world.violation === undefined) await checkShutdown(world);
  const counts = { delivered: 0, replayed: 0, missed: 0 };
  for (const { hub } of world.servers) {
    const { delivered, replayed, missed } = hub.stats();
    counts.delivered += delivered;
    counts.replayed += replayed;
    counts.missed += missed;
  }
  return { taken, violation: world.violation, counts };
}

function describe(seed: number, { rule, text }: Violation, history: readonly Step[]): string {
  return [
    `Seed ${seed} breaks "${rule}": ${text}.`,
    "The shortest history found, after which all heals, grows quiet, and is closed, as always:",
    ...history.map((step, index) => `  ${index + 1}. ${describeStep(step)}`),
  ].join("\n");
}
