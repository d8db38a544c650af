import fc from "fast-check";
import type { Client, Envelope, HubOptions, LeaveReason, Member } from "roomcast";
import { MemorySocket } from "roomcast/testing";
import { describe, expect, test } from "vitest";
import { join, leave, World as PlainWorld } from "../support/world.js";

const GRACE = 10_000;

/** A world that writes down what its hub tells of members, too. */
class World extends PlainWorld {
  constructor(options?: HubOptions) {
    super(options);
    for (const name of ["memberJoined", "memberLeft"] as const) {
      this.hub.on(name, (event: unknown) => this.events.push([name, event] as never));
    }
  }
}

/** Connects a tab of a user under a name, and puts it into rooms. */
function tab(world: World, id: string, name: string, ...rooms: string[]) {
  const socket = MemorySocket.connect(world.hub, { user: { id, name } });
  const client = world.client(id);
  for (const room of rooms) socket.send(join(room));
  world.clock.flush();
  return { socket, client };
}

/** What the application was told of members, in order. */
function told(world: World): string[] {
  return world.events.flatMap(([name, event]) => {
    if (name === "memberJoined") return [`${event.user.id} joined ${event.room.id}`];
    return name === "memberLeft" ? [`${event.user.id} ${event.reason} ${event.room.id}`] : [];
  });
}

describe("memberJoined and memberLeft", () => {
  test("tell of users: of the first connection in a room, and of the last", () => {
    const world = new World();
    const [one, two] = [tab(world, "ada", "Ada", "r"), tab(world, "ada", "Ada", "r", "s")];
    one.socket.send(leave("r"));
    expect(told(world)).toEqual(["ada joined r", "ada joined s"]);
    two.socket.cut();
    expect(told(world).slice(2)).toEqual(["ada timeout r", "ada timeout s"]);
    expect(world.emitted("memberJoined")[0]?.client).toBe(one.client);
    expect(world.emitted("memberLeft")[0]?.user).toBe(two.client.user);
  });

  test("come after join and leave, and before roomRemoved", () => {
    const world = new World();
    const { socket } = tab(world, "ada", "Ada", "r");
    socket.hangUp();
    expect(world.events.map(([name]) => name)).toEqual([
      "connect",
      "roomCreated",
      "join",
      "memberJoined",
      "leave",
      "memberLeft",
      "roomRemoved",
      "disconnect",
    ]);
  });

  test.each<[LeaveReason, (world: World, socket: MemorySocket, client: Client) => unknown]>([
    ["left", (_, socket) => socket.send(leave("r"))],
    ["left", (_, socket) => socket.hangUp()],
    ["left", (_world, _socket, client) => client.leave("r")],
    ["kicked", ({ hub }) => hub.revoke("ada")],
    ["closed", (_world, _socket, client) => client.close(4_500)],
  ])("tell %s at once, grace or not", (reason, act) => {
    const world = new World({ presence: { grace: GRACE } });
    const { socket, client } = tab(world, "ada", "Ada", "r");
    act(world, socket, client);
    expect(told(world)).toEqual(["ada joined r", `ada ${reason} r`]);
    world.clock.advance(GRACE);
    expect(told(world)).toHaveLength(2);
  });

  test.each(["members", "count", "none"] as const)(
    "tell a timeout after grace, and nothing of a return within it, where a room shows %s",
    (show) => {
      const world = new World({ presence: { show, grace: GRACE } });
      tab(world, "ada", "Ada", "r").socket.cut();
      world.clock.advance(GRACE - 1);
      const back = tab(world, "ada", "Ada", "r");
      world.clock.advance(GRACE);
      expect(told(world)).toEqual(["ada joined r"]);
      back.socket.cut();
      world.clock.advance(GRACE - 1);
      expect(told(world)).toEqual(["ada joined r"]);
      world.clock.advance(1);
      expect(told(world)).toEqual(["ada joined r", "ada timeout r"]);
      expect(world.events.at(-1)?.[0]).toBe("roomRemoved");
    },
  );

  test("tell kicked of an absent user who is revoked", () => {
    const world = new World({ presence: { grace: GRACE } });
    tab(world, "ada", "Ada", "r").socket.cut();
    void world.hub.revoke("ada", "r");
    expect(told(world)).toEqual(["ada joined r", "ada kicked r"]);
  });

  test("are not delayed by a crowd, nor emitted when the hub closes", async () => {
    const world = new World({ presence: { grace: GRACE } });
    const crowd = Array.from({ length: 100 }, (_, n) => tab(world, `u${n}`, "U", "r"));
    expect(told(world)).toHaveLength(100);
    crowd[0]?.socket.cut();
    const closed = world.hub.close();
    world.clock.flush();
    await closed;
    world.clock.advance(GRACE);
    expect(told(world)).toHaveLength(100);
  });
});

describe("user_updated", () => {
  const watch = (options?: HubOptions) => {
    const world = new World(options);
    const watcher = world.enter("Watcher", "r");
    const told = () => {
      world.clock.flush();
      return watcher.take();
    };
    return { world, watcher, told };
  };

  test("says that a user came back within grace under another name", () => {
    const { world, told } = watch({ presence: { grace: GRACE } });
    tab(world, "ada", "Ada", "r").socket.cut();
    told();
    tab(world, "ada", "Ada L.", "r");
    expect(told()).toMatchObject([
      { type: "user_updated", payload: { id: "ada", name: "Ada L." } },
    ]);
  });

  test("comes when the tab whose name is shown leaves, and not for any other tab", () => {
    const { world, told } = watch();
    const first = tab(world, "ada", "Ada", "r");
    const second = tab(world, "ada", "Ada L.", "r");
    const third = tab(world, "ada", "Countess", "r");
    told();
    second.socket.send(leave("r"));
    expect(told()).toEqual([]);
    first.socket.send(leave("r"));
    expect(told()).toMatchObject([{ type: "user_updated", payload: { name: "Countess" } }]);
    third.client.setPresence("here");
    expect(told()).toMatchObject([{ payload: { name: "Countess", state: "here" } }]);
  });

  test("has the name that the room shows, whichever tab sets the state", () => {
    const { world, told } = watch();
    tab(world, "ada", "Ada", "r");
    const second = tab(world, "ada", "Ada L.", "r");
    told();
    second.client.setPresence("here");
    expect(told()).toMatchObject([{ payload: { name: "Ada", state: "here" } }]);
  });
});

describe("a presence state", () => {
  test("is copied: what the application does to its object afterwards is shown to nobody", () => {
    const world = new World();
    const { client } = tab(world, "ada", "Ada", "r");
    const state: Record<string, unknown> = { status: "here", at: new Date(0) };
    client.setPresence(state);
    state["status"] = "changed";
    state["self"] = state;
    const bob = tab(world, "bob", "Bob", "r");
    expect(bob.socket.take("room_info")[0]?.payload).toMatchObject({
      users: [{ state: { status: "here", at: "1970-01-01T00:00:00.000Z" } }, { id: "bob" }],
    });
    expect(() => client.setPresence(state)).toThrow(TypeError);
    expect(() => client.setPresence(() => {})).toThrow(TypeError);
    world.clock.flush();
    expect(bob.socket.take()).toEqual([]);
  });

  test("that was removed is not restored by a return", () => {
    const world = new World({ presence: { grace: GRACE } });
    const other = tab(world, "ada", "Ada", "s");
    const gone = tab(world, "ada", "Ada", "r");
    gone.client.setPresence("busy");
    gone.socket.cut();
    other.client.setPresence(undefined);
    const back = tab(world, "ada", "Ada", "r");
    const info = back.socket.take("room_info").at(-1)?.payload;
    expect((info as { users: Member[] }).users).toEqual([{ id: "ada", name: "Ada" }]);
  });
});

/* Random lives: what the others were told adds up to what room_info says, and the events to the members. */

type Step =
  | { do: "connect"; user: number; name: number }
  | { do: "join" | "leave" | "cut" | "end" | "take out"; who: number; room: number }
  | { do: "set"; who: number; state: number }
  | { do: "revoke"; user: number; room: number }
  | { do: "wait"; ms: number };

const who = fc.nat(5);
const room = fc.nat(1);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("connect"), user: fc.nat(1), name: fc.nat(2) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("join"), who, room }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom("leave", "cut", "end", "take out"), who, room }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("set"), who, state: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("revoke"), user: fc.nat(1), room }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.nat(GRACE) }) },
) as fc.Arbitrary<Step>;

/** Applies what a watcher was told to its list of members. */
function apply(members: Map<string, Member>, { type, payload }: Envelope): void {
  const member = payload as Member;
  if (type === "room_info") {
    members.clear();
    for (const user of (payload as { users: Member[] }).users) members.set(user.id, user);
  } else if (type === "user_left") members.delete(member.id);
  else if (type === "user_reconnecting") {
    members.set(member.id, { ...(members.get(member.id) as Member), reconnecting: true });
  } else if (["user_joined", "user_updated", "user_returned"].includes(type)) {
    members.set(member.id, member);
  }
}

test("what was told of members adds up to what is so, whatever happens", () => {
  const run = (steps: Step[], grace: number) => {
    const world = new World({ presence: { grace }, rateLimit: false, heartbeat: false });
    const watchers = ["r", "s"].map((room) => ({
      room,
      socket: world.connect(`Watcher ${room}`),
      members: new Map<string, Member>(),
      believed: new Set<string>(),
    }));
    for (const { room, socket } of watchers) socket.send(join(room));
    const tabs: { socket: MemorySocket; client: Client }[] = [];
    for (const step of steps) {
      const open = tabs.filter(({ client }) => client.isOpen);
      const at = "who" in step ? open[step.who % Math.max(1, open.length)] : undefined;
      const room = "room" in step ? (["r", "s"][step.room] as string) : "";
      if (step.do === "connect") {
        tabs.push(tab(world, ["ada", "bob"][step.user] as string, `N${step.name}`));
      } else if (step.do === "join") at?.socket.send(join(room));
      else if (step.do === "leave") at?.socket.send(leave(room));
      else if (step.do === "cut") at?.socket.cut();
      else if (step.do === "end") at?.client.close();
      else if (step.do === "take out") at?.client.leave(room);
      else if (step.do === "set") at?.client.setPresence([undefined, "a", { b: 1 }][step.state]);
      else if (step.do === "revoke")
        void world.hub.revoke(["ada", "bob"][step.user] as string, room);
      else if (step.do === "wait") world.clock.advance(step.ms);
      // Comings and goings may wait: of a crowd a little, of one who comes and goes all the time a second.
      world.clock.advance(1_000);
      for (const [name, event] of world.events.splice(0)) {
        if (name !== "memberJoined" && name !== "memberLeft") continue;
        const { believed } = watchers.find(
          ({ room }) => room === event.room.id,
        ) as (typeof watchers)[0];
        expect(believed.has(event.user.id)).toBe(name === "memberLeft");
        if (name === "memberLeft") believed.delete(event.user.id);
        else believed.add(event.user.id);
      }
      for (const { room, socket, members, believed } of watchers) {
        for (const envelope of socket.take()) apply(members, envelope);
        socket.send({ type: "online_users", payload: { room_id: room } });
        world.clock.flush();
        const [now] = socket.take("online_users");
        const { users } = (now as Envelope).payload as { users: Member[] };
        expect([...members.values()]).toHaveLength(users.length);
        for (const user of users) expect(members.get(user.id)).toEqual(user);
        expect([...believed].sort()).toEqual(users.map(({ id }) => id).sort());
      }
    }
  };
  const graces = fc.constantFrom(0, 1_000, GRACE);
  fc.assert(fc.property(fc.array(step, { maxLength: 60, size: "max" }), graces, run), {
    numRuns: 200,
  });
});
