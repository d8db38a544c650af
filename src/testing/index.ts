/**
 * Test hub code without a network and without waiting: {@link MemorySocket} connects to a hub in
 * memory, {@link VirtualClock} moves time by hand, {@link simulate} lives through everything that can
 * go wrong.
 *
 * @module roomcast/testing
 */
export { type Closure, MemorySocket } from "./memory-socket.js";
export type { Parts, RemoteConnection, RemoteRoom } from "./parts.js";
export {
  type SimulationFailure,
  type SimulationOptions,
  type SimulationReport,
  simulate,
} from "./simulation.js";
export type { Manner, Step } from "./steps.js";
export { type Disorder, VirtualClock } from "./virtual-clock.js";
