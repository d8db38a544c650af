/**
 * Test a hub against bad luck: {@link simulate} runs it with many clients through broken connections, slow
 * readers, bans and restarts, on a virtual clock, and checks that every promise holds.
 *
 * @module roomcast/simulation
 */
export type { SimulationRule } from "./check/rules.js";
export type { ConnectionLike, RoomLike, SimulationParts } from "./parts.js";
export type { BroadcastKind, Step } from "./plan/steps.js";
export {
  type SimulationFailure,
  type SimulationOptions,
  type SimulationReport,
  simulate,
} from "./simulate.js";
