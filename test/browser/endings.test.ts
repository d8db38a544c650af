import { type ConnectionStatus, connect } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import { codeOf, PageWorld } from "./page-world.js";
import { ScriptedServer } from "./scripted.js";

/** A page whose attempts fail one after the other with these texts, as `ws` words them; then they succeed. */
async function refused(texts: string[], options = {}) {
  const server = new ScriptedServer();
  const connection = server.connect(options);
  const statuses: ConnectionStatus[] = [];
  connection.on("status", (status) => statuses.push(status));
  for (const [index, message] of texts.entries()) {
    while (server.lines.length === index) await Promise.resolve();
    server.line.fail(message);
    await server.quiet();
    if (connection.status.state === "waiting") server.clock.advance(connection.status.delay);
  }
  await server.quiet();
  return { server, connection, statuses };
}

const HTTP_401 = "Unexpected server response: 401";

describe("a refused upgrade", () => {
  const token = () => "x";

  test("with 401 is tried again once, with a fresh token", async () => {
    let count = 0;
    const { server, connection } = await refused([HTTP_401], { token: () => `${++count}` });
    expect(connection.status.state).toBe("open");
    expect(server.line.url).toBe("ws://server/ws?token=2");
  });

  test("with 401 twice in a row is final", async () => {
    const { connection } = await refused([HTTP_401, HTTP_401], { token });
    expect(connection.status).toEqual({ state: "closed", code: 0, reason: "HTTP 401" });
  });

  test("with 401 twice, but not in a row, is not", async () => {
    const texts = [HTTP_401, "Unexpected server response: 503", HTTP_401];
    const { connection } = await refused(texts, { token });
    expect(connection.status.state).toBe("open");
  });

  test.each([
    ["401 without a token", HTTP_401, {}],
    ["403", "Unexpected server response: 403", { token }],
  ])("with %s is final at once", async (_, text, options) => {
    const { connection, server } = await refused([text], options);
    expect(connection.status).toMatchObject({
      state: "closed",
      reason: text.replace(/.*: /, "HTTP "),
    });
    await server.pass(60_000);
    expect(server.lines).toHaveLength(1);
  });
});

describe("waiting says why", () => {
  test.each([
    ["Unexpected server response: 503", "HTTP 503"],
    ["connect ECONNREFUSED 127.0.0.1:900", "connect ECONNREFUSED 127.0.0.1:900"],
    ["", ""],
  ])("an attempt failed with %j", async (text, reason) => {
    const { statuses } = await refused([text]);
    expect(statuses[1]).toEqual({ state: "waiting", delay: 500, code: 0, reason });
  });

  test("the connection was closed", async () => {
    const world = new PageWorld();
    const { connection } = await world.visit("Alice");
    for (const client of world.hub.clients) client.close(1008, "subscription expired");
    await world.quiet();
    const cause = { code: 1008, reason: "subscription expired" };
    expect(connection.status).toEqual({ state: "waiting", delay: 500, ...cause });
  });

  test("the server was silent", async () => {
    const world = new PageWorld();
    const { connection, line } = await world.visit("Alice");
    line.freeze();
    await world.pass(45_000);
    expect(connection.status).toMatchObject({ code: 1006, reason: "The server is silent." });
  });

  test("an attempt took too long", async () => {
    const world = new PageWorld();
    const connection = world.dial("Alice", { token: () => new Promise(() => {}) });
    await world.quiet();
    await world.pass(20_000);
    expect(connection.status).toMatchObject({ code: 0, reason: "No token within 20000 ms." });
  });
});

describe("close", () => {
  test.each([
    [1001, ""],
    [1006, ""],
    [2_999, ""],
    [5_000, ""],
    [Number.NaN, ""],
    ["1000", ""],
    [1000, "x".repeat(124)],
    [4_600, "ü".repeat(62)],
  ])(
    "with %j, and a reason that may be too long, changes nothing and throws",
    async (code, reason) => {
      const world = new PageWorld();
      const { connection, room, line } = await world.visit("Alice");
      const close = () => connection.close(code as number, reason);
      expect(close).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
      expect(connection.status.state).toBe("open");
      expect(await codeOf(world.settle(room.send("still here")))).toBe("resolved");
      connection.close();
      await world.quiet();
      expect(line.readyState).toBe(3);
      expect(world.hub.clients.size).toBe(0);
    },
  );

  test.each([
    [1000, "x".repeat(123)],
    [3_000, "ü".repeat(61)],
    [4_999, ""],
  ])("with %j closes", async (code, reason) => {
    const world = new PageWorld();
    const { connection } = await world.visit("Alice");
    connection.close(code, reason);
    await world.quiet();
    expect(connection.status).toEqual({ state: "closed", code, reason });
    expect(world.hub.clients.size).toBe(0);
  });
});

describe("a URL", () => {
  test.each([
    "ftp://example.org/ws",
    "wss://example.org/ws#here",
    "example.org",
    "",
    "/ws",
    "ws://",
    "ws://h:99999",
  ])("that can never connect throws: %j", (url) => {
    const dial = () => connect(url, { WebSocket: new PageWorld().network.WebSocket });
    expect(dial).toThrow(/url must be a ws: or wss: URL without a fragment; got/);
    expect(dial).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  test.each([
    ["/ws", "wss://example.org/ws"],
    ["ws?room=1", "wss://example.org/app/ws?room=1"],
    ["//other.org/ws", "wss://other.org/ws"],
    ["http://other.org/ws", "ws://other.org/ws"],
    ["wss://other.org", "wss://other.org"],
  ])("may be relative to the page, as %j", async (url, absolute) => {
    const world = new PageWorld();
    Object.assign(globalThis, { location: { href: "https://example.org/app/" } });
    try {
      connect(url, { WebSocket: world.network.WebSocket, clock: world.clock });
    } finally {
      Reflect.deleteProperty(globalThis, "location");
    }
    await Promise.resolve();
    await Promise.resolve();
    expect(world.network.last.url).toBe(absolute);
  });
});

describe("a message that is larger than the server takes", () => {
  const large = "ü".repeat(2_048);

  test("rejects with TOO_LARGE before anything is sent", async () => {
    const world = new PageWorld();
    const { connection, room, line } = await world.visit("Alice");
    const { length } = line.sent;
    await expect(world.settle(room.send(large))).rejects.toMatchObject({
      code: "TOO_LARGE",
      message: /\d{4} bytes; the server takes 4096/,
    });
    expect(await codeOf(world.settle(connection.request("note", large)))).toBe("TOO_LARGE");
    expect(line.sent).toHaveLength(length);
    expect(connection.status.state).toBe("open");
  });

  test("is sent where the server takes it", async () => {
    const world = new PageWorld({ maxMessageBytes: 8_192 });
    const { room } = await world.visit("Alice");
    expect(await codeOf(world.settle(room.send(large)))).toBe("resolved");
  });

  test("in the queue does not close the line, and what is behind it goes out", async () => {
    const world = new PageWorld();
    const connection = world.dial("Alice");
    const joining = connection.join("general");
    await world.quiet();
    world.network.last.end(1006);
    const room = await joining;
    const codes = [room.send(large), room.send("behind it")].map(codeOf);
    await world.pass(500);
    expect(await Promise.all(codes)).toEqual(["TOO_LARGE", "resolved"]);
    expect(world.network.sockets).toHaveLength(2);
  });

  test("as an answer is reported, and not sent", async () => {
    const world = new PageWorld();
    const { connection, room } = await world.visit("Alice");
    const errors: unknown[] = [];
    connection.on("error", (error) => errors.push(error));
    room.on("what?", () => large);
    void world.hub.room("general").request("what?", {}, { timeout: 1_000 });
    await world.quiet();
    expect(errors).toMatchObject([{ code: "LISTENER_FAILED", cause: { code: "TOO_LARGE" } }]);
    expect(connection.status.state).toBe("open");
  });
});

describe("reconnect()", () => {
  /** A page that has joined, whose next token is that of another user. */
  async function enter(history = {}) {
    const world = new PageWorld({ history });
    let name = "Alice";
    const visit = await world.visit("Alice", "general", { token: () => name });
    const logIn = (other: string) => {
      name = other;
      visit.connection.reconnect();
    };
    return { world, ...visit, logIn };
  }

  test("connects anew at once, and stays in its rooms", async () => {
    const { world, connection, room, line, logIn } = await enter();
    const waits = watchStates(connection);
    logIn("Bob");
    await world.quiet();
    expect(waits).toEqual(["connecting", "open"]);
    expect(line.readyState).toBe(3);
    expect(room.isJoined).toBe(true);
    expect(world.hub.isOnline("Bob")).toBe(true);
    expect(world.hub.isOnline("Alice")).toBe(false);
    expect(world.network.sockets).toHaveLength(2);
  });

  test("recovers for the same user", async () => {
    const { world, room, logIn } = await enter();
    const heard: unknown[] = [];
    room.on("new_message", ({ seq }) => heard.push(seq));
    room.on("gap", (gap) => heard.push(gap));
    logIn("Alice");
    world.hub.room("general").broadcast("new_message", 1);
    await world.quiet();
    expect(heard).toEqual([1]);
  });

  test("tells another user's room of a gap", async () => {
    const { world, room, logIn } = await enter();
    const gaps: unknown[] = [];
    room.on("gap", (gap) => gaps.push(gap));
    logIn("Bob");
    world.hub.room("general").broadcast("new_message", 1);
    await world.quiet();
    expect(gaps).toEqual([{ from: 1, to: 1 }]);
  });

  test("rejects what has no answer yet with CONNECTION_LOST, or sends it again", async () => {
    const { world, room, logIn } = await enter();
    const [once, again] = [room.send(1), room.send(2, { retry: true })].map(codeOf);
    logIn("Bob");
    await world.quiet();
    expect([await once, await again]).toEqual(["CONNECTION_LOST", "resolved"]);
  });

  test("while connecting begins a new attempt, and there is one socket", async () => {
    const world = new PageWorld();
    const connection = world.dial("Alice");
    connection.reconnect();
    for (let turn = 0; turn < 5; turn++) {
      await Promise.resolve();
      connection.reconnect();
    }
    await world.quiet();
    expect(connection.status.state).toBe("open");
    expect(world.hub.clients.size).toBe(1);
    expect(world.network.sockets.filter(({ readyState }) => readyState < 2)).toHaveLength(1);
  });

  test("while waiting does not wait", async () => {
    const { world, connection, line } = await enter();
    line.end(1006);
    connection.reconnect();
    await world.quiet();
    expect(connection.status.state).toBe("open");
    await world.pass(60_000);
    expect(world.network.sockets).toHaveLength(2);
  });

  test("after close throws", async () => {
    const { world, connection } = await enter();
    connection.close();
    expect(() => connection.reconnect()).toThrow(expect.objectContaining({ code: "CLOSED" }));
    await world.pass(60_000);
    expect(world.network.sockets).toHaveLength(1);
  });
});

function watchStates(connection: { on(name: "status", f: (s: ConnectionStatus) => void): void }) {
  const states: string[] = [];
  connection.on("status", ({ state }) => states.push(state));
  return states;
}

test("a document without addEventListener does not keep connect from working", async () => {
  const world = new PageWorld();
  Object.assign(globalThis, { document: { baseURI: "https://example.org/" } });
  try {
    const { connection } = await world.visit("Alice");
    expect(connection.status.state).toBe("open");
    connection.close();
  } finally {
    Reflect.deleteProperty(globalThis, "document");
  }
});

test("a WebSocket is made with a URL and protocols, and with nothing that a runtime may not know", async () => {
  const world = new PageWorld();
  const given: unknown[][] = [];
  const { WebSocket } = world.network;
  world.dial("Alice", {
    protocols: ["one"],
    WebSocket: class extends WebSocket {
      constructor(...args: [string]) {
        super(...args);
        given.push(args);
      }
    },
  });
  await world.quiet();
  expect(given).toEqual([["ws://server/ws?token=Alice", ["one"]]]);
});

test("a connection that is closed in the turn in which it was made stays closed, and dials nothing", async () => {
  const server = new ScriptedServer();
  const connection = server.connect();
  connection.close();
  await server.quiet();
  expect(connection.status.state).toBe("closed");
  expect(server.lines).toEqual([]);
});
