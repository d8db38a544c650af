/**
 * Test a hub without a network and without waiting: {@link MemorySocket} is a connection in memory,
 * {@link VirtualClock} is time that your test moves.
 *
 * @module roomcast/testing
 */
export { type CloseInfo, MemorySocket } from "./memory-socket.js";
export { type TimerJitter, VirtualClock } from "./virtual-clock.js";
