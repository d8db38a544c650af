import type { Member, RoomInfo } from "../../index.js";
import type { RoomLike } from "../parts.js";
import type { Participant } from "../run/participant.js";
import type { Simulation } from "../run/simulation.js";

/** How long (ms) after the last fault everyone is back, is up to date, and agrees with the others. */
const SETTLE_TIME = 240_000;

/** Ends all faults, waits, and checks that both ends agree on everything. */
export async function checkSettled(simulation: Simulation): Promise<void> {
  if (simulation.violation !== undefined) return;
  for (const participant of simulation.participants.values()) {
    participant.setRate(Number.POSITIVE_INFINITY);
  }
  await simulation.advance(SETTLE_TIME);
  if (simulation.violation !== undefined) return;
  simulation.check();
  const { fail, server } = simulation;
  const { lagging } = server.hub.stats();
  if (lagging > 0) {
    fail("lagging ends", `${lagging} clients lag after ${SETTLE_TIME} ms without faults`);
  }
  checkRequests(simulation);
  for (const participant of openParticipants(simulation)) checkParticipant(simulation, participant);
  checkServerMembers(simulation);
  await checkParticipantMembers(simulation);
}

function openParticipants({ participants }: Simulation): Participant[] {
  return [...participants.values()].filter(({ isClosed }) => !isClosed);
}

/** Each request has one receipt for each member. Those of a process that died have none. */
function checkRequests({ fail, servers }: Simulation): void {
  for (const { hub, isDead, requests } of servers) {
    if (isDead && !hub.isClosing) continue;
    for (const { clients, expected, isDone } of requests) {
      if (isDone && clients.size === expected) continue;
      const text = `a request to ${expected} members has receipts of ${clients.size}`;
      fail("one receipt per member", text);
    }
  }
}

/** A participant is connected, is in its rooms at both ends, and has received everything. */
function checkParticipant({ fail, server }: Simulation, participant: Participant): void {
  const { id, link, wire } = participant;
  const { state } = participant.connection.status;
  if (state !== "open") fail("everyone is back", `${id} is ${state}`);
  for (const room of participant.pendingRooms) {
    fail("everyone is back", `${id} still waits to join ${room}`);
  }
  const client = server.clientOf(link);
  for (const room of participant.rooms) {
    const serverRoom = server.hub.room(room.id);
    if (client === undefined || !serverRoom.has(client)) {
      fail("both ends agree", `${id} is in ${room.id}; the server says it is not`);
      continue;
    }
    const position = wire?.position(room.id);
    const { epoch, seq } = serverRoom.position ?? { epoch: "", seq: 0 };
    if (position?.epoch !== epoch || position.seq !== seq) {
      const text = `${id} is at ${position?.seq} in ${room.id}, the server at ${seq}`;
      fail("everyone is up to date", text);
    }
    const view = participant.viewOf(room.id);
    view?.reach(seq);
    for (const user of view?.typing ?? []) {
      fail("typing ends", `${id} sees ${user} typing in ${room.id}`);
    }
  }
}

/** The members that the server has are the users whose participants are in the room. */
function checkServerMembers(simulation: Simulation): void {
  const { fail, participants, server } = simulation;
  const usersByRoom = new Map<string, Set<string>>();
  for (const { rooms, userId } of participants.values()) {
    for (const { id } of rooms) {
      usersByRoom.set(id, (usersByRoom.get(id) ?? new Set()).add(userId));
    }
  }
  for (const id of new Set([...usersByRoom.keys(), ...server.hub.rooms.keys()])) {
    const actual = sorted(usersByRoom.get(id) ?? []);
    const known = sorted(server.hub.room(id).members.map((user) => user.id));
    if (actual === known) continue;
    const text = `the members of ${id} are ${actual || "none"}; the server has ${known || "none"}`;
    fail("member lists agree", text);
  }
}

/** The members that each participant has are those that the server answers with now. */
async function checkParticipantMembers(simulation: Simulation): Promise<void> {
  for (const { connection, id, rooms } of openParticipants(simulation)) {
    for (const room of rooms) {
      let answer: RoomInfo | undefined;
      connection.request("online_users", { room_id: room.id }).then(
        (payload) => {
          answer = payload as RoomInfo;
        },
        () => {},
      );
      await simulation.advance(1_000);
      if (simulation.violation !== undefined) return;
      const [known, actual] = [describeRoom(room), describeAnswer(answer)];
      if (known === actual) continue;
      const text = `${id} has ${known} in ${room.id}; the server has ${actual}`;
      simulation.fail("member lists agree", text);
    }
  }
}

function describeRoom({ members, count }: RoomLike): string {
  return `${count} ${describeMembers(members)}`;
}

function describeAnswer(answer: RoomInfo | undefined): string {
  return `${answer?.count} ${describeMembers(answer?.users ?? [])}`;
}

function describeMembers(members: readonly Member[]): string {
  return sorted(
    members.map(({ id, state, reconnecting }) => {
      return `${id}${reconnecting ? " (reconnecting)" : ""}${state === undefined ? "" : JSON.stringify(state)}`;
    }),
  );
}

function sorted(names: Iterable<string>): string {
  return [...names].sort().join(", ");
}
