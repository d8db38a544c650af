/**
 * Test hub code without a network and without waiting: {@link MemorySocket} connects to a hub in
 * memory, {@link VirtualClock} moves time by hand.
 *
 * @module roomcast/testing
 */
export { type Closure, MemorySocket } from "./memory-socket.js";
export { type Disorder, VirtualClock } from "./virtual-clock.js";
