import { Hub, type HubOptions, RoomcastError, type User } from "roomcast";
import { type ServeOptions, serve } from "roomcast/ws";
import { describe, expect, test } from "vitest";
import {
  closeAfterwards,
  nextEvent,
  Remote,
  startServer,
  tcp,
  upgrade,
} from "../../../support/net.js";
import { join, say } from "../../../support/world.js";

const byName: ServeOptions["authenticate"] = ({ token }) =>
  token === undefined ? undefined : { id: token.toLowerCase(), name: token };

async function start(options: ServeOptions = {}, hubOptions: HubOptions = {}) {
  const hub = closeAfterwards(new Hub(hubOptions));
  const { server, port } = await startServer();
  serve(hub, server, { path: "/ws", authenticate: byName, ...options });
  const enter = async (name: string, ...rooms: string[]) => {
    const remote = await Remote.open(`ws://127.0.0.1:${port}/ws?token=${name}`);
    for (const room of rooms) await remote.ask(join(room));
    return remote;
  };
  return { hub, server, port, enter };
}

describe("a chat over real sockets", () => {
  test("joins, talks, acknowledges and leaves", async () => {
    const { enter } = await start();
    const alice = await enter("Alice", "general");
    const bob = await enter("Bob", "general");
    expect(await alice.next()).toMatchObject({ type: "user_joined", payload: { name: "Bob" } });

    const ack = await alice.ask(say("general", { content: "hi €🎉" }));
    const message = await bob.next();
    expect(message).toEqual({
      type: "new_message",
      room: "general",
      payload: { content: "hi €🎉" },
      sender: { id: "alice", name: "Alice" },
      timestamp: ack.timestamp,
      seq: 1,
    });
    bob.ws.close(4_001, "bye");
    expect(await alice.next()).toMatchObject({ type: "user_left", payload: { id: "bob" } });
  });

  test("keeps one order over ten thousand messages of one turn, large and small", async () => {
    const { hub, enter } = await start();
    const [alice, bob] = [await enter("Alice", "general"), await enter("Bob", "general")];
    await alice.until("user_joined");
    const count = 10_000;
    for (let n = 0; n < count; n++) {
      const text = "x".repeat(n % 100 === 0 ? 20_000 : n % 150);
      hub.room("general").broadcast("n", { n, text });
    }
    for (const remote of [alice, bob]) {
      for (let n = 0; n < count; n++) {
        expect(await remote.next()).toMatchObject({ payload: { n }, seq: n + 1 });
      }
    }
    expect(hub.stats().dropped).toBe(0);
  });

  test("closes with its code and reason, both ways", async () => {
    const { hub, enter } = await start();
    const alice = await enter("Alice");
    const gone = nextEvent<{ code: number; reason: string }>(hub, "disconnect");
    for (const client of hub.clients) {
      client.send("bye");
      client.close(4_500, "€".repeat(60));
    }
    expect(await alice.next()).toMatchObject({ type: "bye" });
    expect(await alice.closed).toEqual({ code: 4_500, reason: "€".repeat(41) });
    expect(await gone).toMatchObject({ code: 4_500 });

    const bob = await enter("Bob");
    const left = nextEvent<{ code: number; reason: string }>(hub, "disconnect");
    bob.ws.close(4_321, "€".repeat(41));
    expect(await left).toMatchObject({ code: 4_321, reason: "€".repeat(41) });
  });

  test("refuses binary with 1003 and too large with 1009", async () => {
    const { enter } = await start();
    const alice = await enter("Alice");
    alice.send(new Uint8Array([1, 2, 3]));
    expect((await alice.closed).code).toBe(1003);
    const bob = await enter("Bob");
    bob.send(JSON.stringify({ type: "ping", payload: "x".repeat(5_000) }));
    expect((await bob.closed).code).toBe(1009);
  });

  test("closes a flood with 1008", async () => {
    const { enter } = await start({}, { rateLimit: { perSecond: 1, burst: 2 } });
    const alice = await enter("Alice");
    for (let n = 0; n < 50; n++) alice.send({ type: "ping", id: `p${n}` });
    expect((await alice.closed).code).toBe(1008);
  });

  test("finds a peer that vanishes without closing", async () => {
    const { hub, port, enter } = await start({}, { heartbeat: { interval: 50, timeout: 100 } });
    const alice = await enter("Alice", "general");
    const dead = await tcp(port);
    dead.write(
      "GET /ws?token=Ghost HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    const { client } = await nextEvent<{ client: { join(room: string): void } }>(hub, "connect");
    client.join("general");
    expect(await alice.until("user_joined")).toMatchObject({ payload: { id: "ghost" } });
    expect(await alice.until("user_left")).toMatchObject({ payload: { id: "ghost" } });
    expect(hub.isOnline("ghost")).toBe(false);
    expect(hub.isOnline("alice")).toBe(true);
  });

  test("works the same where compression was negotiated", async () => {
    const { hub, server, port } = await start();
    server.removeAllListeners("upgrade");
    const { WebSocketServer } = await import("ws");
    const { attach } = await import("roomcast/ws");
    attach(hub, new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } }), {
      authenticate: byName,
    });
    const open = () =>
      Remote.open(`ws://127.0.0.1:${port}/?token=Zip`, [], { perMessageDeflate: true });
    const [one, two] = [await open(), await open()];
    expect(one.ws.extensions).toContain("permessage-deflate");
    for (const remote of [one, two]) await remote.ask(join("general"));
    for (let n = 0; n < 500; n++) hub.room("general").broadcast("n", { n, text: "€".repeat(n) });
    for (const remote of [one, two]) {
      for (let n = 0; n < 500; n++) expect(await remote.next()).toMatchObject({ payload: { n } });
    }
  });
});

describe("an upgrade", () => {
  test("without a valid token is answered with 401", async () => {
    const { hub, port } = await start();
    const { status, headers, body } = await upgrade(port, "/ws");
    expect([status, headers["www-authenticate"], body]).toEqual([
      401,
      "Bearer",
      "A valid token is needed.",
    ]);
    expect(hub.clients.size).toBe(0);
  });

  const unauthorized = new RoomcastError("UNAUTHORIZED", "no such token");
  const failing = (cause: unknown) => () => {
    throw cause;
  };

  test.each<[string, number, ServeOptions["authenticate"]]>([
    ["returns nothing", 401, () => null],
    ["throws UNAUTHORIZED", 401, failing(unauthorized)],
    ["rejects with it", 401, () => Promise.reject(unauthorized)],
    ["throws FORBIDDEN", 403, failing(new RoomcastError("FORBIDDEN", "banned"))],
  ])("is refused when authenticate %s: %i", async (_, status, authenticate) => {
    const { hub, port } = await start({ authenticate });
    const [refused, errors]: unknown[][] = [[], []];
    hub.on("refused", (event) => refused?.push(event)).on("error", (event) => errors?.push(event));
    expect((await upgrade(port, "/ws?token=x")).status).toBe(status);
    expect(refused).toMatchObject([{ status, handshake: { token: "x", ip: "127.0.0.1" } }]);
    expect(errors).toEqual([]);
  });

  test.each<[string, ServeOptions["authenticate"]]>([
    ["throws", failing(new Error("the database is away"))],
    ["rejects", () => Promise.reject(new Error("the database is away"))],
    ["returns no user", () => ({ id: "", name: "x" })],
    ["returns half a user", (() => ({ id: "x" })) as unknown as ServeOptions["authenticate"]],
  ])("is 503 and an error event when authenticate %s", async (_, authenticate) => {
    const { hub, port } = await start({ authenticate });
    const errors: unknown[] = [];
    hub.on("error", ({ error }) => errors.push(error));
    const { status, headers } = await upgrade(port, "/ws?token=x");
    expect([status, headers["retry-after"]]).toEqual([503, "5"]);
    expect(errors).toMatchObject([{ code: "HANDLER_FAILED" }]);
  });

  test("of a foreign origin is 403, before anybody is authenticated", async () => {
    let asked = 0;
    const { port } = await start({
      origins: ["https://good.example"],
      authenticate: () => ({ id: `u${asked++}`, name: "U" }),
    });
    expect((await upgrade(port, "/ws", { Origin: "https://bad.example" })).status).toBe(403);
    expect(asked).toBe(0);
    expect((await upgrade(port, "/ws", { Origin: "https://good.example" })).status).toBe(101);
    expect((await upgrade(port, "/ws")).status).toBe(101);
  });

  test("is checked by a function that sees the whole handshake; throwing means 503", async () => {
    const { port } = await start({
      origins: (origin, { headers }) => {
        if (origin === "null") throw new Error("no page");
        return origin === `http://${headers["host"]}`;
      },
    });
    const from = async (Origin: string) => (await upgrade(port, "/ws?token=x", { Origin })).status;
    expect(await from(`http://127.0.0.1:${port}`)).toBe(101);
    expect(await from("http://evil.example")).toBe(403);
    expect(await from("null")).toBe(503);
  });

  test.each([
    ["another", "/other?token=x"],
    ["a shorter", "/?token=x"],
    ["a longer", "/wsx?token=x"],
    ["a path with a slash behind it, another", "/ws/?token=x"],
    ["a path with two slashes, another", "//ws?token=x"],
    ["a path in capitals, another", "/WS?token=x"],
    ["a path encoded without need, another", "/%77s?token=x"],
    ["a path that is a broken encoding, another", "/%?token=x"],
    ["a path behind a host, as for a proxy, another", "http://x/ws?token=x"],
    ["no", "*"],
  ])("of %s path is 404: %s", async (_, path) => {
    const { port } = await start();
    expect((await upgrade(port, path)).status).toBe(404);
    expect((await upgrade(port, "/ws?token=x")).status).toBe(101);
  });

  test("over a limit of connections is 429, until one closes", async () => {
    for (const limit of [{ maxConnections: 2 }, { maxConnectionsPerIp: 2 }]) {
      const { hub, port, enter } = await start(limit);
      const one = await enter("One");
      await enter("Two");
      const { status, headers } = await upgrade(port, "/ws?token=three");
      expect([status, headers["retry-after"]]).toEqual([429, "10"]);
      const gone = nextEvent(hub, "disconnect");
      one.ws.close();
      await gone;
      await expect.poll(async () => (await upgrade(port, "/ws?token=three")).status).toBe(101);
    }
  });

  test("counts towards the limit while it is being authenticated, refused ones no more", async () => {
    const waiting: ((user: User | null) => void)[] = [];
    const { port } = await start({
      maxConnections: 1,
      authenticate: () => new Promise((resolve) => waiting.push(resolve)),
    });
    const first = upgrade(port, "/ws");
    await expect.poll(() => waiting.length).toBe(1);
    expect((await upgrade(port, "/ws")).status).toBe(429);
    waiting[0]?.(null);
    expect((await first).status).toBe(401);
    const second = upgrade(port, "/ws");
    await expect.poll(() => waiting.length).toBe(2);
    waiting[1]?.({ id: "x", name: "X" });
    expect((await second).status).toBe(101);
  });

  test("whose peer goes away while it is being authenticated leaves nothing behind", async () => {
    let admit: (user: User) => void = () => {};
    const { hub, port, enter } = await start({
      maxConnections: 1,
      authenticate: ({ token }) =>
        token === "slow"
          ? new Promise((resolve) => {
              admit = resolve;
            })
          : { id: "quick", name: "Quick" },
    });
    const impatient = await tcp(port);
    impatient.write(
      "GET /ws?token=slow HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    await expect.poll(async () => (await upgrade(port, "/ws?token=x")).status).toBe(429);
    impatient.resetAndDestroy();
    admit({ id: "slow", name: "Slow" });
    await expect
      .poll(() =>
        enter("x").then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    expect([...hub.clients].map(({ user }) => user.id)).toEqual(["quick"]);
  });

  test("while the hub closes is 503", async () => {
    const { hub, port } = await start();
    await hub.close();
    const { status, headers } = await upgrade(port, "/ws?token=x");
    expect([status, headers["retry-after"]]).toEqual([503, "5"]);
  });

  test.each([
    ["the query", "/ws?token=Query", [], {}, "Query", ""],
    ["a subprotocol, which is answered", "/ws", ["Proto"], {}, "Proto", "Proto"],
    ["the last of several subprotocols", "/ws", ["chat", "Proto"], {}, "Proto", "chat"],
    ["the header", "/ws", [], { Authorization: "Bearer Header" }, "Header", ""],
    [
      "the query first",
      "/ws?token=Query",
      ["Proto"],
      { Authorization: "Bearer H" },
      "Query",
      "Proto",
    ],
  ])("takes the token from %s", async (_, path, protocols, headers, name, protocol) => {
    const { hub, port } = await start();
    const remote = await Remote.open(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
    expect([...hub.clients].map(({ user }) => user.name)).toEqual([name]);
    expect(remote.ws.protocol).toBe(protocol);
  });

  test("tells the connect event of its handshake", async () => {
    const { hub, enter } = await start();
    const connected = nextEvent<unknown>(hub, "connect");
    await enter("Alice");
    expect(await connected).toMatchObject({
      client: { user: { id: "alice" } },
      handshake: { url: "/ws?token=Alice", token: "Alice", ip: "127.0.0.1" },
    });
  });
});

describe("serve", () => {
  test("serves several hubs on one server", async () => {
    const { hub, server, port } = await start();
    const other = closeAfterwards(new Hub());
    serve(other, server, { path: "/other" });
    await Remote.open(`ws://127.0.0.1:${port}/other`);
    await Remote.open(`ws://127.0.0.1:${port}/ws?token=x`);
    expect([hub.clients.size, other.clients.size]).toEqual([1, 1]);
    expect((await upgrade(port, "/third")).status).toBe(404);
  });

  test("lets the HTTP server answer HTTP, and leaves it running", async () => {
    const { hub, port } = await start();
    expect(await (await fetch(`http://127.0.0.1:${port}/ws`)).text()).toBe("plain");
    await hub.close();
    expect(await (await fetch(`http://127.0.0.1:${port}/ws`)).text()).toBe("plain");
  });

  test.each([
    [{ path: "ws" }, /path must start with/],
    [{ path: "/ws?x" }, /path must start with/],
    [{ path: "/ws#x" }, /path must start with/],
    [{ path: "/chat room" }, /be percent-encoded/],
    [{ path: "/größe" }, /be percent-encoded/],
    [{ path: "/a/../ws" }, /got \/a\/\.\.\/ws/],
    [{ path: 7 }, /path must start with/],
    [{ path: "/ws" }, /served already/],
    [{ authenticate: "yes" }, /authenticate must be a function; got "yes"/],
    [{ origins: "https://a.example" }, /origins must be "same", a list/],
    [{ orgins: [] }, /Unknown option "orgins". Options: authenticate, origins/],
    [{ maxConnections: 0 }, /maxConnections must be a whole number/],
    [{ maxConnectionsPerIp: -1 }, /maxConnectionsPerIp must be a whole number/],
  ])("refuses the options %j", async (options, message) => {
    const { hub, server } = await start();
    expect(() => serve(hub, server, options as ServeOptions)).toThrow(message);
  });
});
