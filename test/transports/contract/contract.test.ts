import type { HubOptions, UpgradeOptions, User } from "roomcast";
import { describe, expect, test } from "vitest";
import { nextEvent, tcp, upgrade } from "../../support/net.js";
import { join, say } from "../../support/world.js";
import { FLOOD, startSite } from "./site.js";
import { transports } from "./transports.js";

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((yes) => {
    resolve = yes;
  });
  return { promise, resolve };
}

describe.each(transports)("$name", (transport) => {
  const { hasGate } = transport;
  const start = (options?: HubOptions, gate?: UpgradeOptions) =>
    startSite(transport, options, gate);

  describe("messages", () => {
    test("go both ways, with any characters", async () => {
      const { hub, connect } = await start();
      hub.handle("echo", (_, message) => message.payload);
      const { remote } = await connect("Alice");
      const payload = '\u0000 é € 🎉 \ud800 \u2028 " \\ 日本語';
      remote.send({ type: "echo", payload, id: "e" });
      expect(await remote.next()).toEqual({ type: "ack", payload, id: "e" });
    });

    test("of no bytes are answered with INVALID_FORMAT", async () => {
      const { connect } = await start();
      const { remote } = await connect("Alice");
      remote.send("");
      expect(await remote.next()).toMatchObject({ payload: { code: "INVALID_FORMAT" } });
    });

    test("of the greatest size arrive, and one byte more closes with 1009", async () => {
      const { hub, connect } = await start({ maxMessageBytes: 100_000 });
      hub.handle("size", (_, message) => String(message.payload).length);
      const { remote } = await connect("Alice");
      const empty = JSON.stringify({ type: "size", payload: "", id: "s" }).length;
      const sized = (bytes: number) => ({
        type: "size",
        payload: "x".repeat(bytes - empty),
        id: "s",
      });
      remote.send(sized(100_000));
      expect(await remote.next()).toMatchObject({ payload: 100_000 - empty });
      remote.send(sized(100_001));
      expect((await remote.closed).code).toBe(1009);
    });

    test("that are binary close with 1003", async () => {
      const { connect } = await start();
      const { remote } = await connect("Alice");
      remote.send(new Uint8Array([123, 125]));
      expect((await remote.closed).code).toBe(1003);
    });

    test("of all lengths of frames arrive as they were sent", async () => {
      const { connect } = await start();
      const { remote, client } = await connect("Alice");
      const lengths = [0, 1, 50, 60, 125, 126, 127, 16_000, 20_000, 65_535, 65_536, 200_000];
      for (const length of lengths) client.send("n", "€".repeat(length));
      for (const length of lengths) {
        expect((await remote.next()).payload).toBe("€".repeat(length));
      }
    });
  });

  describe("order", () => {
    test("is one, across rooms, direct sends and answers", async () => {
      const { hub, connect } = await start();
      const { remote, client } = await connect("Alice", "one", "two");
      hub.handle("go", () => {
        for (let n = 0; n < 100; n += 4) {
          hub.room("one").broadcast("n", n);
          client.send("n", n + 1);
          hub.room("two").broadcast("n", n + 2);
          hub.broadcast("n", n + 3);
        }
        return "done";
      });
      remote.send({ type: "go", id: "g" });
      for (let n = 0; n < 100; n++) expect((await remote.next()).payload).toBe(n);
      expect(await remote.next()).toMatchObject({ type: "ack", payload: "done" });
    });

    test("holds over ten thousand messages of one turn, of which none is lost", async () => {
      const { hub, connect } = await start();
      const [a, b] = [await connect("Alice", "general"), await connect("Bob", "general")];
      expect(await a.remote.next()).toMatchObject({ type: "user_joined" });
      for (let n = 1; n <= 10_000; n++) {
        hub.room("general").broadcast("n", "x".repeat(n % 1_000 === 0 ? 50_000 : n % 200));
      }
      for (const { remote } of [a, b]) {
        for (let n = 1; n <= 10_000; n++) {
          const { seq } = await remote.next();
          if (seq !== n) expect(seq).toBe(n);
        }
      }
      expect(hub.stats().dropped).toBe(0);
    });
  });

  describe("closing", () => {
    test.each([
      [1000, ""],
      [4_500, "Kicked."],
      [4_999, "€".repeat(41)],
      [3_000, "🎉".repeat(30)],
    ])(
      "by the hub arrives with code %i and reason %j, after what was sent",
      async (code, reason) => {
        const { hub, connect } = await start();
        const { remote, client } = await connect("Alice");
        const disconnected = nextEvent<{ code: number; reason: string }>(hub, "disconnect");
        client.send("bye");
        client.close(code, reason);
        expect(await remote.next()).toMatchObject({ type: "bye" });
        expect(await remote.closed).toEqual({ code, reason });
        expect(await disconnected).toMatchObject({ client, code });
      },
    );

    test("cuts a reason to 123 bytes", async () => {
      const { connect } = await start();
      const { remote, client } = await connect("Alice");
      client.close(4_500, "€".repeat(60));
      expect(await remote.closed).toEqual({ code: 4_500, reason: "€".repeat(41) });
    });

    test.each([
      [1000, ""],
      [4_321, "Bye."],
      [4_999, "€".repeat(41)],
    ])("by the remote end arrives with code %i and reason %j", async (code, reason) => {
      const { hub, connect } = await start();
      const { remote, client } = await connect("Alice", "general");
      const disconnected = nextEvent(hub, "disconnect");
      remote.close(code, reason);
      expect(await disconnected).toMatchObject({ client, code, reason });
      expect([hub.clients.size, hub.rooms.size]).toEqual([0, 0]);
    });

    test("by a cut line is 1006, and the room is told", async () => {
      const { hub, connect } = await start();
      const alice = await connect("Alice", "general");
      const bob = await connect("Bob", "general");
      expect(await alice.remote.next()).toMatchObject({ type: "user_joined" });
      const disconnected = nextEvent(hub, "disconnect");
      bob.remote.cut();
      expect(await alice.remote.next()).toMatchObject({ type: "user_left" });
      expect(await disconnected).toMatchObject({ client: bob.client, code: 1006 });
    });

    test("at once, in the connect event, is a connection and its end", async () => {
      const { hub, site } = await start();
      hub.on("connect", ({ client }) => client.close(4_400, "Not now."));
      const disconnected = nextEvent(hub, "disconnect");
      const remote = await site.connect("Alice");
      expect(await remote.closed).toEqual({ code: 4_400, reason: "Not now." });
      expect(await disconnected).toMatchObject({ code: 4_400 });
      expect(hub.clients.size).toBe(0);
    });

    test("and cutting inside of a handler, a join and a broadcast harms nobody else", async () => {
      const { hub, connect } = await start();
      hub.handle("quit", (client) => client.close());
      hub.handle("die", (client) => client.terminate());
      hub.on("join", ({ client, room }) => {
        if (room.id === "trap") client.terminate();
      });
      const witness = await connect("Witness", "general");
      const ends = [
        ["Alice", { type: "quit" }],
        ["Bob", { type: "die", id: "d" }],
        ["Carol", join("trap")],
      ] as const;
      for (const [name, message] of ends) {
        const { remote } = await connect(name, "general");
        const disconnected = nextEvent(hub, "disconnect");
        remote.send(message);
        remote.send(say("general", "too late"));
        await remote.closed;
        await disconnected;
        expect(await witness.remote.next()).toMatchObject({ type: "user_joined" });
        expect(await witness.remote.next()).toMatchObject({ type: "user_left" });
      }
      expect([hub.clients.size, hub.rooms.size]).toEqual([1, 1]);
    });

    test("while a turn is being written loses nothing for the others", async () => {
      const { hub, connect } = await start();
      const clients: Awaited<ReturnType<typeof connect>>[] = [];
      for (const name of ["A", "B", "C", "D"]) clients.push(await connect(name, "general"));
      hub.handle("go", () => {
        for (let n = 0; n < 50; n++) {
          hub.room("general").broadcast("n", FLOOD.text);
          if (n === 20) clients[1]?.client.terminate();
          if (n === 30) clients[2]?.client.close();
        }
      });
      clients[0]?.remote.send({ type: "go" });
      for (const index of [0, 3]) {
        const seen: (number | undefined)[] = [];
        while (seen.length < 50) {
          const { type, seq } = (await clients[index]?.remote.next()) ?? {};
          if (type === "n") seen.push(seq);
        }
        expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
      }
    });
  });

  describe("a remote end that stops reading", () => {
    test("is seen in bufferedAmount, and gets everything in order when it reads again", async () => {
      const { hub, connect } = await start();
      const { remote, client } = await connect("Alice", "general");
      remote.pause();
      for (let n = 0; n < FLOOD.messages; n++) hub.room("general").broadcast("n", FLOOD.text);
      await expect.poll(() => client.bufferedAmount).toBeGreaterThan(1_048_576);
      remote.resume();
      for (let n = 1; n <= FLOOD.messages; n++) expect((await remote.next()).seq).toBe(n);
      await expect.poll(() => client.bufferedAmount).toBe(0);
      expect(hub.stats().dropped).toBe(0);
      hub.room("general").broadcast("n", "after");
      expect((await remote.next()).payload).toBe("after");
    });

    test("for good is found by the heartbeat, and its rooms are told", async () => {
      const { hub, connect } = await start({ heartbeat: { interval: 100, timeout: 200 } });
      hub.handle("ping", (client) => client.send("pong"));
      const [a, b] = [await connect("Alice", "general"), await connect("Bob", "general")];
      expect(await a.remote.next()).toMatchObject({ type: "user_joined" });
      b.remote.pause();
      const disconnected = nextEvent(hub, "disconnect");
      for (;;) {
        const { type } = await a.remote.next();
        if (type === "ping") a.remote.send({ type: "pong" });
        if (type === "user_left") break;
      }
      expect(await disconnected).toMatchObject({ client: b.client, code: 1006 });
      expect(hub.isOnline("alice")).toBe(true);
    });
  });

  describe.runIf(hasGate)("the upgrade", () => {
    /** Lets everybody in but "slow", who waits for the test's word. */
    const slowly = () => {
      const asked = withResolvers<void>();
      const admitted = withResolvers<User>();
      const authenticate: UpgradeOptions["authenticate"] = ({ token = "" }) => {
        if (token !== "slow") return { id: token, name: token };
        asked.resolve();
        return admitted.promise;
      };
      const admit = (name: string) => admitted.resolve({ id: name, name });
      return { authenticate, asked: asked.promise, admit };
    };

    test("is refused as HTTP, before there is a WebSocket", async () => {
      const { hub, site } = await start({}, { origins: ["https://good.example"] });
      const ask = async (path: string, headers = {}) =>
        (await upgrade(site.port ?? 0, path, headers)).status;
      expect(await ask("/")).toBe(401);
      expect(await ask("/?token=x", { Origin: "https://bad.example" })).toBe(403);
      expect(await ask("/?token=x", { Origin: "https://good.example" })).toBe(101);
      await hub.close({ timeout: 100 });
      expect(await ask("/?token=x")).toBe(503);
    });

    test("says why in headers and text", async () => {
      const { site } = await start();
      expect(await upgrade(site.port ?? 0, "/")).toMatchObject({
        status: 401,
        headers: { "www-authenticate": "Bearer", "content-type": "text/plain" },
        body: "A valid token is needed.",
      });
    });

    test("takes the token from a subprotocol, and selects the first", async () => {
      const { hub, site } = await start();
      const headers = { "Sec-WebSocket-Protocol": "chat, Alice" };
      const answer = await upgrade(site.port ?? 0, "/", headers);
      expect(answer.headers["sec-websocket-protocol"]).toBe("chat");
      await expect.poll(() => hub.isOnline("alice")).toBe(true);
    });

    test("tells the connect event what was asked for", async () => {
      const { hub, site } = await start();
      const connected = nextEvent(hub, "connect");
      await upgrade(site.port ?? 0, "/?token=Alice&a=b", { "X-Thing": "one" });
      expect(await connected).toMatchObject({
        handshake: {
          url: "/?token=Alice&a=b",
          headers: { "x-thing": "one" },
          ip: "127.0.0.1",
          token: "Alice",
        },
      });
    });

    test("waits for a slow authenticate", async () => {
      const { authenticate, asked, admit } = slowly();
      const { site } = await start({}, { authenticate });
      const connecting = site.connect("slow");
      await asked;
      admit("alice");
      const remote = await connecting;
      remote.send(join("general", "j"));
      expect(await remote.next()).toMatchObject({ payload: { users: [{ id: "alice" }] } });
    });

    test("whose peer goes away during a slow authenticate leaves nothing behind", async () => {
      const { authenticate, asked, admit } = slowly();
      const { hub, site } = await start({}, { authenticate, maxConnections: 1 });
      const port = site.port ?? 0;
      const impatient = await tcp(port);
      impatient.write(
        "GET /?token=slow HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      );
      await asked;
      expect((await upgrade(port, "/?token=early")).status).toBe(429);
      impatient.resetAndDestroy();
      // Once this is answered, the server has seen the other go.
      expect((await upgrade(port, "/?token=early")).status).toBe(429);
      admit("ghost");
      const isLetIn = () =>
        site.connect("later").then(
          () => true,
          () => false,
        );
      await expect.poll(isLetIn).toBe(true);
      expect([...hub.clients].map(({ user }) => user.id)).toEqual(["later"]);
    });
  });
});
