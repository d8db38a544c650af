/**
 * A rule that holds in every simulation.
 *
 * What a client receives: `"no duplicates"`, `"no unreported gaps"`, `"reported gaps are real"`,
 * `"messages only in joined rooms"`, `"messages only for members"`, `"only excluded clients are skipped"`,
 * `"one message per position"`, `"a join gives a position"`, `"recovery continues where it stopped"`. What
 * its application sees of that: `"the view is in order"`, `"the view has no unreported gaps"`.
 *
 * What the server does: `"nobody joins without permission"`, `"leave reasons are true"`, `"lagging ends"`,
 * `"memory is bounded"`, `"stats are true"`, `"one receipt per member"`, `"connections stay open"`,
 * `"no errors"`.
 *
 * After a while without faults: `"everyone is back"`, `"everyone is up to date"`, `"both ends agree"`,
 * `"member lists agree"`, `"typing ends"`. After the end: `"nothing is left"`.
 *
 * @category Events, errors and statistics
 */
export type SimulationRule =
  | "a join gives a position"
  | "both ends agree"
  | "connections stay open"
  | "everyone is back"
  | "everyone is up to date"
  | "lagging ends"
  | "leave reasons are true"
  | "member lists agree"
  | "memory is bounded"
  | "messages only for members"
  | "messages only in joined rooms"
  | "no duplicates"
  | "no errors"
  | "no unreported gaps"
  | "nobody joins without permission"
  | "nothing is left"
  | "one message per position"
  | "one receipt per member"
  | "only excluded clients are skipped"
  | "recovery continues where it stopped"
  | "reported gaps are real"
  | "stats are true"
  | "the view has no unreported gaps"
  | "the view is in order"
  | "typing ends";

/** A broken rule. */
export interface Violation {
  readonly rule: SimulationRule;
  /** What happened. */
  readonly message: string;
}

/** Reports a broken rule. The first one ends the simulation. */
export type Fail = (rule: SimulationRule, message: string) => void;
