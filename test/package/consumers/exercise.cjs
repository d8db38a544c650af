/**
 * Uses the package from outside, whatever way its entries were loaded, and says what it saw.
 * `peers` are the servers' libraries, where the program has them; and then the entry `ws`, too.
 */
module.exports = async (entries, peers) => {
  const { core, testing, simulation, browser, websocket } = entries;
  const report = { exports: {} };
  for (const [name, entry] of Object.entries(entries)) {
    report.exports[name] = Object.keys(entry).sort();
  }

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

  const pageHub = new core.Hub();
  const Line = lineTo((socket) => websocket.accept(pageHub, socket));
  report.pageGot = await visit(pageHub, browser.connect("ws://page", { WebSocket: Line }));

  const simulated = await simulation.simulate({
    seed: 1,
    connect: browser.connect,
    createHub: (options) => new core.Hub(options),
    createHistory: (options) => new core.MemoryHistory(options),
  });
  report.simulated = simulated.failure?.text ?? "no failure";

  if (peers !== undefined) {
    try {
      entries.ws.serve(hub, peers.http.createServer(), { path: "no slash" });
    } catch (error) {
      report.sharedErrors = error instanceof core.RoomcastError && error.code;
    }
    report.wsGot = await overWs(new core.Hub(), entries, peers);
    report.uwsGot = await overUws(new core.Hub(), entries, peers);
  }
  console.log(JSON.stringify(report));
};

/** Joins a room and says something; the names of its members, and the answer's error if any. */
async function visit(hub, connection) {
  const room = await connection.join("r");
  await room.send("hi");
  const members = room.members.map(({ name }) => name);
  connection.close();
  await hub.close();
  return members;
}

async function overWs(hub, { ws, browser }, { http, WebSocket }) {
  const server = http.createServer();
  ws.serve(hub, server, { path: "/ws", authenticate });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `ws://127.0.0.1:${server.address().port}/ws`;
  const members = await visit(hub, browser.connect(url, { WebSocket, token: () => "Alice" }));
  await new Promise((resolve) => server.close(resolve));
  return members;
}

async function overUws(hub, { uws, browser }, { uWebSockets, WebSocket }) {
  const app = uWebSockets.App();
  uws.attach(hub, app, { path: "/ws", authenticate });
  const listening = await new Promise((resolve) => app.listen("127.0.0.1", 0, resolve));
  const url = `ws://127.0.0.1:${uWebSockets.us_socket_local_port(listening)}/ws`;
  const members = await visit(hub, browser.connect(url, { WebSocket, token: () => "Alice" }));
  uWebSockets.us_listen_socket_close(listening);
  return members;
}

function authenticate({ token }) {
  return token === undefined ? undefined : { id: token, name: token };
}

/** A WebSocket class whose other end, an open standard WebSocket too, is handed to `serve`. */
function lineTo(serve) {
  class End extends EventTarget {
    readyState = 0;
    bufferedAmount = 0;

    constructor() {
      super();
      for (const type of ["open", "message", "close"]) {
        this.addEventListener(type, (event) => this[`on${type}`]?.(event));
      }
    }

    send(data) {
      this.other.tell("message", { data });
    }

    close(code = 1005, reason = "") {
      for (const end of [this, this.other]) {
        if (end.readyState !== 3) end.tell("close", { code, reason });
        end.readyState = 3;
      }
    }

    tell(type, fields) {
      queueMicrotask(() => this.dispatchEvent(Object.assign(new Event(type), fields)));
    }
  }
  return class extends End {
    constructor() {
      super();
      this.other = new End();
      this.other.other = this;
      this.other.readyState = 1;
      queueMicrotask(() => {
        this.readyState = 1;
        this.dispatchEvent(new Event("open"));
        serve(this.other);
      });
    }
  };
}
