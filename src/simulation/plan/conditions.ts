import type { HistoryOptions, HubOptions } from "../../index.js";
import type { StoreConditions } from "../run/history-store.js";
import type { NetworkConditions } from "../run/network-link.js";
import type { Random } from "./random.js";

/** What the world of one seed is like. */
export interface Conditions {
  /** The links. */
  readonly link: NetworkConditions;
  /** Milliseconds that a timer may be late; those of the same moment run in any order. */
  readonly lateness: number;
  /** Milliseconds that `authorize` takes at most; 0 answers at once. */
  readonly authorizeDelay: number;
  /** The history store. */
  readonly store: StoreConditions;
  /** Whether a connection that is stuck at the end has been given up by then, or lags. */
  readonly endsGivenUp: boolean;
  /** Options of the hub that are plain values. */
  readonly hub: Pick<
    HubOptions,
    "heartbeat" | "history" | "lagTimeout" | "maxBufferedBytes" | "presence"
  >;
}

/** The conditions that a seed makes. */
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
    link: { latency, hasPings: random.chance(0.5), reportsDrains: random.chance(0.7) },
    lateness: pick([0, 20]),
    authorizeDelay: pick([0, 0, 50, 2_000]),
    endsGivenUp: random.chance(0.5),
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
        { interval: 54_000, timeout: 60_000 },
        { interval: 15_000, timeout: 24_000 },
      ]),
    },
  };
}
