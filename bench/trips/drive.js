import { RECORDER } from "./instrument.js";
import { trips } from "./trips.js";

/**
 * Makes every trip once, each with a hub of its own. History is on: its part of the trip counts.
 *
 * @param {{ Hub: Function }} core The instrumented `index.js`.
 * @param {{ MemorySocket: Function, VirtualClock: Function }} testing
 * @returns {Promise<Map<string, { file: string, name: string, isArrow: boolean }[]>>} By trip.
 */
export async function drive({ Hub }, { MemorySocket, VirtualClock }) {
  const all = new Map();
  for (const { name, prepare, travel, verify } of trips) {
    const clock = new VirtualClock();
    const hub = new Hub({ clock, history: {} });
    const errors = [];
    hub.on("error", (error) => errors.push(error));
    const world = { clock, hub, connect: (user) => MemorySocket.connect(hub, { user }) };
    world.settle = () => settle(clock);
    globalThis[RECORDER] = undefined;
    const prepared = await prepare(world);

    const entries = [];
    globalThis[RECORDER] = (file, name, isArrow) => entries.push({ file, name, isArrow });
    travel(world, prepared);
    // What is promised belongs to the trip; what waits for the clock does not.
    await new Promise(setImmediate);
    globalThis[RECORDER] = undefined;

    await settle(clock);
    if (errors.length > 0) throw errors[0];
    if (!verify(world, prepared)) throw new Error(`The trip "${name}" did not arrive.`);
    all.set(name, entries);
  }
  return all;
}

/** Ends turns until nothing is left to do, promises included. */
async function settle(clock) {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise(setImmediate);
    clock.flush();
  }
}
