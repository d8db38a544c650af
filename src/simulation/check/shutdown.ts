import type { Simulation } from "../run/simulation.js";

/** Closes everything while much is going on, and checks that nothing is left. */
export async function checkShutdown(simulation: Simulation): Promise<void> {
  if (simulation.violation !== undefined) return;
  const { clock, fail, network, participants, server } = simulation;
  await makeBusy(simulation);
  server.close();
  await simulation.advance(1_000);
  for (const participant of participants.values()) if (!participant.isClosed) participant.close();
  await simulation.advance(60_000);
  if (!server.isDead) fail("nothing is left", "hub.close() did not resolve");
  const { openLinks } = network;
  if (openLinks > 0) fail("nothing is left", `${openLinks} connections are open`);
  const { pendingTimers } = clock;
  if (pendingTimers > 0) fail("nothing is left", `${pendingTimers} timers are pending`);
}

/**
 * Has everyone type, cuts one participant off, and has another one lag or exceed its buffer: what is going on
 * when a hub closes has to be cleaned up, too.
 */
async function makeBusy(simulation: Simulation): Promise<void> {
  const { network, overflowsAtShutdown } = simulation.conditions;
  const open = [...simulation.participants.values()].filter(({ isClosed }) => !isClosed);
  const [first, second] = open;
  for (const { id, rooms } of open) {
    for (const room of rooms) {
      simulation.perform({ action: "type", participant: id, room: room.id });
    }
  }
  first?.link?.cut();
  await simulation.advance(400);
  second?.setRate(0);
  for (let turn = 0; turn < 2 && second !== undefined; turn++) {
    const load = { count: 60, size: 500 };
    const participant = second.id;
    if (overflowsAtShutdown) {
      simulation.perform({ action: "direct", participant, policy: "queue", ...load });
    }
    for (const { id } of second.rooms) {
      simulation.perform({ action: "broadcast", room: id, kind: "lasting", ...load });
    }
    await simulation.advance(20);
  }
  second?.link?.cut();
  await simulation.advance(network.latency);
}
