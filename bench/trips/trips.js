const ALICE = { id: "1", name: "Alice" };
const BOB = { id: "2", name: "Bob" };
const JOIN = { type: "join_room", payload: { room_id: "general" }, id: "j1" };
const MESSAGE = { type: "send_message", room: "general", payload: { content: "hi" }, id: "m1" };

/**
 * The trips. `prepare` gets everybody to where the trip begins and says who takes part; only `travel`
 * is recorded; `verify` says whether it arrived.
 */
export const trips = [
  {
    name: "join_room",
    async prepare(world) {
      const bob = await join(world, BOB);
      return { alice: world.connect(ALICE), bob };
    },
    travel: (_world, { alice }) => alice.send(JOIN),
    verify: (_world, { alice, bob }) => has(alice, "room_info") && has(bob, "user_joined"),
  },
  {
    name: "rejoin with since",
    async prepare(world) {
      const first = await join(world, ALICE);
      const { epoch, seq } = first.joined;
      const bob = await join(world, BOB);
      first.cut();
      for (let index = 0; index < 3; index++) bob.send({ ...MESSAGE, id: `m${index}` });
      await world.settle();
      return { alice: world.connect(ALICE), since: { epoch, seq } };
    },
    travel(_world, { alice, since }) {
      alice.send({ ...JOIN, payload: { ...JOIN.payload, since } });
    },
    verify: (_world, { alice }) => alice.take("new_message").length === 3,
  },
  {
    name: "leave_room",
    prepare: both,
    travel: (_world, { alice }) => alice.send({ ...JOIN, type: "leave_room" }),
    verify: (_world, { alice, bob }) => has(alice, "ack") && has(bob, "user_left"),
  },
  {
    name: "send_message",
    prepare: both,
    travel: (_world, { alice }) => alice.send(MESSAGE),
    verify: (_world, { alice, bob }) => has(alice, "ack") && has(bob, "new_message"),
  },
  {
    name: "room.broadcast",
    prepare: both,
    travel: ({ hub }) => hub.room("general").broadcast("news", { content: "hi" }),
    verify: (_world, { alice, bob }) => has(alice, "news") && has(bob, "news"),
  },
  {
    name: "line cut",
    prepare: both,
    travel: (_world, { alice }) => alice.cut(),
    verify: (_world, { bob }) => has(bob, "user_left"),
  },
  {
    name: "end of turn",
    async prepare(world) {
      const people = await both(world);
      people.alice.send(MESSAGE);
      return people;
    },
    travel: ({ clock }) => clock.tick(),
    verify: (_world, { alice, bob }) => has(alice, "ack") && has(bob, "new_message"),
  },
];

async function both(world) {
  return { alice: await join(world, ALICE), bob: await join(world, BOB) };
}

async function join(world, user) {
  const socket = world.connect(user);
  socket.send(JOIN);
  await world.settle();
  const [joined] = socket.take("room_info");
  socket.take();
  return Object.assign(socket, { joined });
}

function has(socket, type) {
  return socket.received.some((envelope) => envelope.type === type);
}
