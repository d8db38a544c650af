import type { Member, RoomInfo } from "../../index.js";
import type { RemoteRoom } from "../parts.js";
import type { Remote } from "../run/participant.js";
import type { World } from "../run/simulation.js";

/** After so many milliseconds of calm everybody is back, live, and agrees with everybody else. */
const CALM = 240_000;

/** Heals what is broken, waits until it is quiet, and holds everything against everything. */
export async function checkQuiet(world: World): Promise<void> {
  for (const remote of world.remotes.values()) world.read(remote, Number.POSITIVE_INFINITY);
  await world.pass(CALM);
  if (world.violation !== undefined) return;
  world.check();
  const { complain, server } = world;
  const { lagging } = server.hub.stats();
  if (lagging > 0) complain("lag ends", `${lagging} clients lag after ${CALM} ms of calm`);
  for (const asked of world.asked) {
    if (asked.server.isDead && !asked.server.hub.isClosing) continue;
    if (!asked.isDone || asked.seen.size !== asked.expected) {
      complain("one receipt each", `${asked.seen.size} of ${asked.expected} were heard of`);
    }
  }
  for (const remote of world.remotes.values()) if (!remote.isClosed) checkRemote(world, remote);
  checkReality(world);
  await checkMembers(world);
}

/** Closes everything, and looks for what is left. */
export async function checkEnd(world: World): Promise<void> {
  // Not in the calm alone: what is going on has to be cleaned up, too.
  const remotes = [...world.remotes.values()].filter(({ isClosed }) => !isClosed);
  const [first, second] = remotes;
  for (const { rooms, who } of remotes) {
    for (const { id } of rooms) world.take({ do: "type", who, room: id });
  }
  first?.line?.cut();
  await world.pass(400);
  world.read(second, 0);
  const { endsGivenUp, line } = world.conditions;
  for (let turn = 0; turn < 2 && second !== undefined; turn++) {
    const much = { count: 60, size: 500 };
    const { who } = second;
    if (endsGivenUp) world.take({ do: "direct", who, how: "queue", ...much });
    for (const { id } of second.rooms) {
      world.take({ do: "broadcast", room: id, how: "lasting", ...much });
    }
    await world.pass(20);
  }
  second?.line?.cut();
  await world.pass(line.latency);
  world.close(world.server);
  await world.pass(1_000);
  for (const remote of world.remotes.values()) if (!remote.isClosed) remote.close();
  await world.pass(60_000);
  const { complain } = world;
  if (!world.server.isDead) complain("nothing is left", "a hub that was closed did not end");
  const { openLines } = world;
  if (openLines > 0) complain("nothing is left", `${openLines} open lines`);
  const { pendingTimers } = world.clock;
  if (pendingTimers > 0) complain("nothing is left", `${pendingTimers} timers`);
}

function checkRemote({ complain, server }: World, remote: Remote): void {
  const { state } = remote.connection.status;
  if (state !== "open") complain("everybody is back", `${remote.who} is ${state}`);
  for (const room of remote.pending) {
    complain("everybody is back", `${remote.who} still waits for ${room}`);
  }
  const client = server.clientOf(remote.line);
  for (const room of remote.rooms) {
    const here = server.hub.room(room.id);
    if (client === undefined || !here.has(client)) {
      complain("both ends agree", `${remote.who} is in ${room.id}, the server says not`);
      continue;
    }
    const place = remote.wire?.position(room.id);
    const { epoch, seq } = here.position ?? { epoch: "", seq: 0 };
    if (place?.epoch !== epoch || place.seq !== seq) {
      const text = `${remote.who} is at ${place?.seq} in ${room.id}, the server at ${seq}`;
      complain("everybody is live", text);
    }
    const view = remote.viewOf(room.id);
    view?.reach(seq);
    for (const user of view?.typing ?? []) {
      complain("typing ends", `${user} still types in ${room.id}, as ${remote.who} sees it`);
    }
  }
}

/** Those who are in a room are those who say so. */
function checkReality({ complain, remotes, server }: World): void {
  const really = new Map<string, Set<string>>();
  for (const remote of remotes.values()) {
    for (const { id } of remote.rooms) {
      really.set(id, (really.get(id) ?? new Set()).add(remote.user));
    }
  }
  for (const id of new Set([...really.keys(), ...server.hub.rooms.keys()])) {
    const told = server.hub.room(id).members.map((user) => user.id);
    const [real, known] = [names(really.get(id) ?? []), names(told)];
    if (real === known) continue;
    complain("members agree", `in ${id} are ${real || "none"}; the server says ${known || "none"}`);
  }
}

/** Each handle shows what the server would answer now. */
async function checkMembers(world: World): Promise<void> {
  for (const remote of world.remotes.values()) {
    if (remote.isClosed) continue;
    for (const room of remote.rooms) {
      let answer: RoomInfo | undefined;
      const asked = remote.connection.request("online_users", { room_id: room.id });
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
        world.complain("members agree", `${remote.who} sees ${seen} in ${room.id}; it is ${told}`);
      }
    }
  }
}

function showMembers({ members, count }: RemoteRoom): string {
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
