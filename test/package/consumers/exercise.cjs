/**
 * Uses the package from outside, whatever way its entries were loaded, and says what it saw.
 * `ws` and `http` are missing where the program has no `ws`.
 */
module.exports = async ({ core, testing, adapter, ws, http }) => {
  const report = { exports: { core: Object.keys(core), testing: Object.keys(testing) } };

  const clock = new testing.VirtualClock();
  const hub = new core.Hub({ clock });
  const alice = testing.MemorySocket.connect(hub, { user: { id: "a", name: "Alice" } });
  const bob = testing.MemorySocket.connect(hub, { user: { id: "b", name: "Bob" } });
  for (const socket of [alice, bob]) socket.send({ type: "join_room", payload: { room_id: "r" } });
  alice.send({ type: "send_message", room: "r", payload: "hi", id: "m1" });
  clock.flush();
  report.bobGot = bob.take("new_message").map(({ sender, payload }) => [sender.name, payload]);
  report.aliceGot = alice.take("ack").map(({ id }) => id);
  const [client] = hub.clients;
  report.sharedClasses = client instanceof core.Client && hub.room("r") instanceof core.Room;

  if (adapter !== undefined) {
    report.exports.adapter = Object.keys(adapter);
    try {
      adapter.serve(hub, http.createServer(), { path: "no slash" });
    } catch (error) {
      report.sharedErrors = error instanceof core.RoomcastError && error.code;
    }
    report.wireGot = await greet(new core.Hub(), adapter, ws, http);
  }
  for (const key of Object.keys(report.exports)) report.exports[key].sort();
  console.log(JSON.stringify(report));
};

/** Connects to a served hub over the network; the type of the first message that comes back. */
async function greet(hub, { serve }, { WebSocket }, { createServer }) {
  const server = createServer();
  serve(hub, server, { path: "/ws" });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}/ws`);
  const first = await new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data) => resolve(JSON.parse(data.toString()).type));
    socket.on("open", () => socket.send('{"type":"join_room","payload":{"room_id":"r"}}'));
  });
  await hub.close();
  await new Promise((resolve) => server.close(resolve));
  return first;
}
