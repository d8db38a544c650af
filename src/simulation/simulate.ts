import type { SimulationRule, Violation } from "./check/rules.js";
import { checkSettled } from "./check/settled.js";
import { checkShutdown } from "./check/shutdown.js";
import type { SimulationParts } from "./parts.js";
import { describeStep } from "./plan/describe-step.js";
import { planSteps } from "./plan/plan-steps.js";
import { Random } from "./plan/random.js";
import { shrink } from "./plan/shrink.js";
import type { Step } from "./plan/steps.js";
import { Simulation } from "./run/simulation.js";

/**
 * What to simulate.
 *
 * @category Options
 */
export interface SimulationOptions extends SimulationParts {
  /** An integer. The same seed and steps give the same run. */
  readonly seed: number;
  /** Number of random steps; or the steps themselves, as a failure reports them. Default 300. */
  readonly steps?: number | readonly Step[];
  /** Most runs to find a shorter list of steps that fails too; 0 for none. Default 300. */
  readonly shrinkAttempts?: number;
}

/**
 * How a simulation failed.
 *
 * @category Events, errors and statistics
 */
export interface SimulationFailure {
  /** The rule that was broken. */
  readonly rule: SimulationRule;
  /** What happened. */
  readonly message: string;
  /** The shortest list of steps found that breaks the same rule. */
  readonly steps: readonly Step[];
  /** Seed, rule, message and steps as text, to be printed. */
  readonly text: string;
}

/**
 * The result of a simulation.
 *
 * @category Events, errors and statistics
 */
export interface SimulationReport {
  /** The seed. */
  readonly seed: number;
  /** Number of steps performed. */
  readonly steps: number;
  /** Messages handed to sockets, by all hubs of the run. */
  readonly delivered: number;
  /** Messages sent again from history. */
  readonly replayed: number;
  /** Messages lost for good, and reported to their clients as a gap. */
  readonly missed: number;
  /** Undefined if every rule held. */
  readonly failure: SimulationFailure | undefined;
}

/**
 * Runs a hub and several clients through a random plan of bad luck, and checks that every promise holds.
 *
 * 1. **Plan**: draws steps from the seed. Clients join, send, read slowly or not at all; connections break or
 *    go silent; users have several tabs and are banned; the server restarts with empty memory.
 * 2. **Run**: performs them on a virtual clock and a network in memory. No real time passes, and the same
 *    seed gives the same run.
 * 3. **Check**: each {@link SimulationRule} is checked at every step, after a while without faults, and after
 *    the end.
 * 4. **Shrink**: if a rule is broken, finds a shorter list of steps that breaks the same rule.
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
 *
 * @category Main
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const plan = planOf(options);
  const simulation = await runAndCheck(options, plan);
  const failure = await shrinkFailure(options, plan, simulation);
  return { seed: options.seed, steps: simulation.steps, ...countsOf(simulation), failure };
}

function planOf({ seed, steps = 300 }: SimulationOptions): readonly Step[] {
  return typeof steps === "number" ? planSteps(new Random(seed).fork("steps"), steps) : steps;
}

async function runAndCheck(
  options: SimulationOptions,
  steps: readonly Step[],
): Promise<Simulation> {
  const simulation = new Simulation(options.seed, options);
  await simulation.run(steps);
  await checkSettled(simulation);
  await checkShutdown(simulation);
  return simulation;
}

async function shrinkFailure(
  options: SimulationOptions,
  plan: readonly Step[],
  simulation: Simulation,
): Promise<SimulationFailure | undefined> {
  if (simulation.violation === undefined) return undefined;
  let violation = simulation.violation;
  const { rule } = violation;
  const breaksSameRule = async (candidate: readonly Step[]) => {
    const attempt = await runAndCheck(options, candidate);
    if (attempt.violation?.rule !== rule) return false;
    violation = attempt.violation;
    return true;
  };
  const performed = plan.slice(0, simulation.steps);
  const steps = await shrink(performed, breaksSameRule, options.shrinkAttempts ?? 300);
  const text = describeFailure(options.seed, violation, steps);
  return { rule, message: violation.message, steps, text };
}

function countsOf({ servers }: Simulation) {
  const counts = { delivered: 0, replayed: 0, missed: 0 };
  for (const { hub } of servers) {
    const { delivered, replayed, missed } = hub.stats();
    counts.delivered += delivered;
    counts.replayed += replayed;
    counts.missed += missed;
  }
  return counts;
}

function describeFailure(
  seed: number,
  { rule, message }: Violation,
  steps: readonly Step[],
): string {
  return [
    `Seed ${seed} breaks "${rule}": ${message}.`,
    "The shortest steps found, after which faults end and everything is closed, as always:",
    ...steps.map((step, index) => `  ${index + 1}. ${describeStep(step)}`),
  ].join("\n");
}
