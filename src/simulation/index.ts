/**
 * Find out what a hub does on very bad days: {@link simulate} lives through everything that can go wrong,
 * on a virtual clock.
 *
 * @module roomcast/simulation
 */
export type { ConnectionLike, RoomLike, SimulationParts } from "./parts.js";
export type { BroadcastKind, Step } from "./plan/steps.js";
export {
  type SimulationFailure,
  type SimulationOptions,
  type SimulationReport,
  simulate,
} from "./simulate.js";
