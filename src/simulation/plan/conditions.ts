import type { HistoryOptions, HubOptions } from "../../index.js";
import type { Random } from "./random.js";

/** The environment in which a plan runs. The seed decides it, whatever the steps are. */
export interface Conditions {
  readonly network: NetworkConditions;
  /** How late a timer may run (ms). Timers that are due at the same moment run in random order. */
  readonly timerLateness: number;
  /** Longest time that `authorize` takes (ms); 0 answers at once. */
  readonly authorizeDelay: number;
  readonly store: StoreConditions;
  /** Whether the hub closes while one client exceeds its buffer, or while that client still lags. */
  readonly overflowsAtShutdown: boolean;
  /** Hub options that are plain values. */
  readonly hub: Pick<
    HubOptions,
    "heartbeat" | "history" | "lagTimeout" | "maxBufferedBytes" | "presence"
  >;
}

/** How every connection's network behaves. */
export interface NetworkConditions {
  /** Longest time that a message takes (ms). */
  readonly latency: number;
  /** Whether the transport has protocol pings. */
  readonly hasPings: boolean;
  /** Whether the transport reports when its buffer has drained. */
  readonly reportsDrains: boolean;
}

/** How the history store behaves. */
export interface StoreConditions {
  /** Longest time that a read takes (ms); 0 answers at once. */
  readonly delay: number;
  /** Share of reads that fail, from 0 to 1. */
  readonly failures: number;
}

/** Draws the conditions of a seed. */
export function makeConditions(random: Random): Conditions {
  const { pick } = { pick: <T>(choices: readonly T[]) => random.pick(choices) };
  const latency = pick([0, 0, 5, 80]);
  const delay = pick([0, 0, 30, 1_500]);
  const history = pick<HistoryOptions | false>([
    { messages: 10_000, bytes: 10_000_000, ttl: 3_600_000 },
    { messages: 10_000, bytes: 10_000_000, ttl: 3_600_000 },
    { messages: pick([5, 50]) },
    { messages: 100, bytes: 5_000, ttl: 60_000 },
    false,
  ]);
  return {
    network: { latency, hasPings: random.chance(0.5), reportsDrains: random.chance(0.7) },
    timerLateness: pick([0, 20]),
    authorizeDelay: pick([0, 0, 50, 2_000]),
    overflowsAtShutdown: random.chance(0.5),
    store: { delay, failures: pick([0, 0, 0.1]) },
    hub: {
      history,
      presence: pick([
        "members" as const,
        "count" as const,
        { grace: 8_000 },
        { grace: 8_000 },
        { show: "count" as const, grace: 8_000 },
      ]),
      maxBufferedBytes: pick([1_000, 4_000, 20_000]),
      lagTimeout: pick([5_000, 30_000]),
      heartbeat: pick([
        { interval: 54_000, timeout: 6_000 },
        { interval: 15_000, timeout: 9_000 },
      ]),
    },
  };
}
