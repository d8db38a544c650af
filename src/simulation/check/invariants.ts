import type { Member, RoomInfo } from "../../index.js";
import type { RoomLike } from "../parts.js";
import type { Participant } from "../run/participant.js";
import type { Simulation } from "../run/simulation.js";

/** After so many milliseconds of calm everybody is back, live, and agrees with everybody else. */
const SETTLE_TIME = 240_000;

/** Heals what is broken, waits until it is quiet, and holds everything against everything. */
export async function checkSettled(world: Simulation): Promise<void> {
  for (const participant of world.participants.values())
    world.read(participant, Number.POSITIVE_INFINITY);
  await world.pass(SETTLE_TIME);
  if (world.violation !== undefined) return;
  world.check();
  const { fail, server } = world;
  const { lagging } = server.hub.stats();
  if (lagging > 0) fail("lag ends", `${lagging} clients lag after ${SETTLE_TIME} ms of calm`);
  for (const asked of world.asked) {
    if (asked.server.isDead && !asked.server.hub.isClosing) continue;
    if (!asked.isDone || asked.seen.size !== asked.expected) {
      fail("one receipt each", `${asked.seen.size} of ${asked.expected} were heard of`);
    }
  }
  for (const participant of world.participants.values())
    if (!participant.isClosed) checkParticipant(world, participant);
  checkReality(world);
  await checkMembers(world);
}

/** Closes everything, and looks for what is left. */
export async function checkShutdown(world: Simulation): Promise<void> {
  // Not in the calm alone: what is going on has to be cleaned up, too.
  const participants = [...world.participants.values()].filter(({ isClosed }) => !isClosed);
  const [first, second] = participants;
  for (const { rooms, who } of participants) {
    for (const { id } of rooms) world.take({ do: "type", who, room: id });
  }
  first?.link?.cut();
  await world.pass(400);
  world.read(second, 0);
  const { endsGivenUp, link } = world.conditions;
  for (let turn = 0; turn < 2 && second !== undefined; turn++) {
    const much = { count: 60, size: 500 };
    const { who } = second;
    if (endsGivenUp) world.take({ do: "direct", who, how: "queue", ...much });
    for (const { id } of second.rooms) {
      world.take({ do: "broadcast", room: id, how: "lasting", ...much });
    }
    await world.pass(20);
  }
  second?.link?.cut();
  await world.pass(link.latency);
  world.close(world.server);
  await world.pass(1_000);
  for (const participant of world.participants.values())
    if (!participant.isClosed) participant.close();
  await world.pass(60_000);
  const { fail } = world;
  if (!world.server.isDead) fail("nothing is left", "a hub that was closed did not end");
  const { openLinks } = world;
  if (openLinks > 0) fail("nothing is left", `${openLinks} open links`);
  const { pendingTimers } = world.clock;
  if (pendingTimers > 0) fail("nothing is left", `${pendingTimers} timers`);
}

function checkParticipant({ fail, server }: Simulation, participant: Participant): void {
  const { state } = participant.connection.status;
  if (state !== "open") fail("everybody is back", `${participant.who} is ${state}`);
  for (const room of participant.pending) {
    fail("everybody is back", `${participant.who} still waits for ${room}`);
  }
  const client = server.clientOf(participant.link);
  for (const room of participant.rooms) {
    const here = server.hub.room(room.id);
    if (client === undefined || !here.has(client)) {
      fail("both ends agree", `${participant.who} is in ${room.id}, the server says not`);
      continue;
    }
    const cursor = participant.wire?.position(room.id);
    const { epoch, seq } = here.position ?? { epoch: "", seq: 0 };
    if (cursor?.epoch !== epoch || cursor.seq !== seq) {
      const text = `${participant.who} is at ${cursor?.seq} in ${room.id}, the server at ${seq}`;
      fail("everybody is live", text);
    }
    const view = participant.viewOf(room.id);
    view?.reach(seq);
    for (const user of view?.typing ?? []) {
      fail("typing ends", `${user} still types in ${room.id}, as ${participant.who} sees it`);
    }
  }
}

/** Those who are in a room are those who say so. */
function checkReality({ fail, participants, server }: Simulation): void {
  const really = new Map<string, Set<string>>();
  for (const participant of participants.values()) {
    for (const { id } of participant.rooms) {
      really.set(id, (really.get(id) ?? new Set()).add(participant.user));
    }
  }
  for (const id of new Set([...really.keys(), ...server.hub.rooms.keys()])) {
    const told = server.hub.room(id).members.map((user) => user.id);
    const [real, known] = [names(really.get(id) ?? []), names(told)];
    if (real === known) continue;
    fail("members agree", `in ${id} are ${real || "none"}; the server says ${known || "none"}`);
  }
}

/** Each handle shows what the server would answer now. */
async function checkMembers(world: Simulation): Promise<void> {
  for (const participant of world.participants.values()) {
    if (participant.isClosed) continue;
    for (const room of participant.rooms) {
      let answer: RoomInfo | undefined;
      const asked = participant.connection.request("online_users", { room_id: room.id });
      asked.then(
        (payload) => {
          answer = payload as RoomInfo;
        },
        () => {},
      );
      await world.pass(1_000);
      if (world.violation !== undefined) return;
      const [seen, told] = [showMembers(room), showAnswer(answer)];
      if (seen !== told) {
        world.fail("members agree", `${participant.who} sees ${seen} in ${room.id}; it is ${told}`);
      }
    }
  }
}

function showMembers({ members, count }: RoomLike): string {
  return `${count} ${showUsers(members)}`;
}

function showAnswer(answer: RoomInfo | undefined): string {
  return `${answer?.count} ${showUsers(answer?.users ?? [])}`;
}

function showUsers(users: readonly Member[]): string {
  return names(
    users.map(({ id, state, reconnecting }) => {
      return `${id}${reconnecting ? " (away)" : ""}${state === undefined ? "" : JSON.stringify(state)}`;
    }),
  );
}

function names(users: Iterable<string>): string {
  return [...users].sort().join(", ");
}
