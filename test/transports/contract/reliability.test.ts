import type { Client, Envelope, HubOptions, UpgradeOptions } from "roomcast";
import { describe, expect, test } from "vitest";
import { nextEvent, upgrade } from "../../support/net.js";
import { join, say } from "../../support/world.js";
import { FLOOD, startSite } from "./site.js";
import type { RemoteEnd } from "./transport.js";
import { transports } from "./transports.js";

/** Resolves when this turn of the event loop has ended. */
const endOfTurn = () => new Promise((resolve) => setImmediate(resolve));

/** The next message of a type; those before it are left out. */
async function until(remote: RemoteEnd, type: string): Promise<Envelope> {
  for (;;) {
    const envelope = await remote.next();
    if (envelope.type === type) return envelope;
  }
}

/** Rejoins a room from a position. */
const rejoin = (room: string, since: unknown): Envelope => ({
  type: "join_room",
  payload: { room_id: room, since },
  id: "again",
});

describe.each(transports)("$name", (transport) => {
  const { hasGate } = transport;
  const start = (options?: HubOptions, gate?: UpgradeOptions) =>
    startSite(transport, options, gate);

  /**
   * Alice reads, Bob stops, and as much is said as it takes until Bob lags and his network takes nothing
   * any more. (A compressor that is behind lets him lag too, but not for long.) Says how much.
   */
  async function lag(options: HubOptions) {
    const site = await start({ maxBufferedBytes: 200_000, ...options });
    const a = await site.connect("Alice", "general");
    const b = await site.connect("Bob", "general");
    b.remote.pause();
    let lagging: Client | undefined;
    site.hub.on("lag", ({ client }) => {
      lagging = client;
    });
    site.hub.on("recovered", () => {
      lagging = undefined;
    });
    const room = site.hub.room("general");
    let said = 0;
    let waiting = 0;
    for (let stuck = 0; stuck < 10; ) {
      room.broadcast("n", { n: ++said, text: FLOOD.text });
      expect((await until(a.remote, "n")).seq).toBe(said);
      await endOfTurn();
      const { bufferedAmount } = b.client;
      expect(bufferedAmount).toBeLessThan(400_000);
      stuck = lagging !== undefined && bufferedAmount === waiting ? stuck + 1 : 0;
      waiting = bufferedAmount;
    }
    expect(lagging).toBe(b.client);
    return { ...site, a, b, room, said };
  }

  describe("a client that lags", () => {
    test("is caught up from history when it reads again: all, once, in order", async () => {
      const { hub, b, room, said } = await lag({ history: { messages: 1_000, bytes: 1e9 } });
      const recovered = nextEvent(hub, "recovered");
      b.remote.resume();
      for (let seq = 1; seq <= said; seq++) {
        expect(await until(b.remote, "n")).toMatchObject({ seq, payload: { n: seq } });
      }
      expect(await recovered).toMatchObject({ client: b.client, missed: 0 });
      expect(hub.stats()).toMatchObject({ lagging: 0, dropped: 0, missed: 0 });
      room.broadcast("n", "live");
      expect(await until(b.remote, "n")).toMatchObject({ seq: said + 1, payload: "live" });
    });

    test("is told exactly what history does not have any more", async () => {
      const { hub, b, room, said } = await lag({ history: { messages: 4, bytes: 1e9 } });
      b.remote.resume();
      const seen: number[] = [];
      let missed = 0;
      while (seen.at(-1) !== said) {
        const { type, seq = 0, payload } = await b.remote.next();
        if (type === "n") seen.push(seq);
        if (type !== "gap") continue;
        const { from, to } = payload as { from: number; to: number };
        for (let lost = from; lost <= to; lost++) seen.push(lost);
        missed += to - from + 1;
      }
      expect(seen).toEqual(Array.from({ length: said }, (_, n) => n + 1));
      expect(missed).toBeGreaterThan(0);
      await expect.poll(() => hub.stats().lagging).toBe(0);
      expect(hub.stats().missed).toBe(missed);
      room.broadcast("n", "live");
      expect(await until(b.remote, "n")).toMatchObject({ payload: "live" });
    });

    test("gets answers all the same, the newest of each key, and nothing ephemeral", async () => {
      const { b, room, said } = await lag({});
      b.client.send("direct", 1);
      for (let price = 1; price <= 3; price++) {
        room.broadcast("price", price, { policy: { latest: "gold" } });
        room.broadcast("wave", price, { policy: "drop" });
      }
      await endOfTurn();
      b.remote.resume();
      const rest = [await until(b.remote, "direct")];
      while (rest.at(-1)?.type !== "gap") {
        const envelope = await b.remote.next();
        if (envelope.type !== "n") rest.push(envelope);
      }
      expect(rest.map(({ type, payload }) => [type, payload])).toEqual([
        ["direct", 1],
        ["price", 3],
        ["gap", { from: expect.any(Number), to: said }],
      ]);
    });

    test("for too long is closed with 4000, to come back", async () => {
      const { hub, b } = await lag({ lagTimeout: 600 });
      const disconnected = nextEvent<{ code: number }>(hub, "disconnect");
      // Until the close frame has been read the line is open; a reader that wakes sees why.
      await expect.poll(() => b.client.isOpen).toBe(false);
      b.remote.resume();
      expect((await b.remote.closed).code).toBe(4000);
      expect(await disconnected).toMatchObject({ client: b.client });
    });

    test("and asks for more than it takes is closed with 4000 too", async () => {
      const { b } = await lag({});
      for (let n = 0; n < 10; n++) {
        b.client.send("direct", FLOOD.text);
        await endOfTurn();
        expect(b.client.bufferedAmount).toBeLessThan(600_000);
      }
      expect(b.client.isOpen).toBe(false);
      b.remote.resume();
      expect((await b.remote.closed).code).toBe(4000);
    });
  });

  describe("a client that comes back", () => {
    test("to a room with history gets what it missed, then what follows", async () => {
      const { hub, connect } = await start({ history: {} });
      const a = await connect("Alice", "general");
      const b = await connect("Bob", "general");
      const room = hub.room("general");
      room.broadcast("n", 1);
      expect((await until(b.remote, "n")).seq).toBe(1);
      const since = room.position;
      b.remote.cut();
      expect(await until(a.remote, "user_left")).toMatchObject({ payload: { reason: "timeout" } });
      for (let n = 2; n <= 300; n++)
        room.broadcast("n", n, { except: n === 250 ? a.client : undefined });
      room.broadcast("wave", "", { policy: "drop" });
      const again = await connect("Bob");
      again.remote.send(rejoin("general", { ...since, seq: 201 }));
      expect(await again.remote.next()).toMatchObject({
        type: "room_info",
        id: "again",
        seq: 201,
        epoch: since?.epoch,
        payload: { recovered: true },
      });
      room.broadcast("n", 301);
      for (let n = 202; n <= 301; n++) {
        expect(await again.remote.next()).toMatchObject({ type: "n", seq: n, payload: n });
      }
    });

    test("after too long is told so, and gets nothing partial", async () => {
      const { hub, connect } = await start({ history: { messages: 10 } });
      await connect("Alice", "general");
      const b = await connect("Bob", "general");
      const room = hub.room("general");
      const since = room.position;
      const disconnected = nextEvent(hub, "disconnect");
      b.remote.cut();
      await disconnected;
      for (let n = 1; n <= 11; n++) room.broadcast("n", n);
      const again = await connect("Bob");
      again.remote.send(rejoin("general", since));
      expect(await again.remote.next()).toMatchObject({ seq: 11, payload: { recovered: false } });
      room.broadcast("n", "live");
      expect(await again.remote.next()).toMatchObject({ seq: 12, payload: "live" });
    });

    test("although it was revoked is FORBIDDEN, and stays so for what was said meanwhile", async () => {
      let isAllowed = true;
      const authorize = async (client: Client) => client.user.id !== "bob" || isAllowed;
      const { hub, connect } = await start({ history: {}, authorize });
      const a = await connect("Alice", "general");
      const b = await connect("Bob", "general");
      const since = hub.room("general").position;
      isAllowed = false;
      hub.revoke("bob", "general");
      expect(await until(b.remote, "removed")).toMatchObject({
        room: "general",
        payload: { reason: "kicked" },
      });
      expect(await until(a.remote, "user_left")).toMatchObject({ payload: { reason: "kicked" } });
      a.remote.send(say("general", "about Bob", "s"));
      expect(await until(a.remote, "ack")).toMatchObject({ seq: 1 });
      b.remote.send(rejoin("general", since));
      expect(await b.remote.next()).toMatchObject({ id: "again", payload: { code: "FORBIDDEN" } });
      isAllowed = true;
      b.remote.send(rejoin("general", since));
      expect(await b.remote.next()).toMatchObject({ seq: 1, payload: { recovered: false } });
      a.remote.send(say("general", "hello Bob", "s"));
      expect(await b.remote.next()).toMatchObject({ seq: 2, payload: "hello Bob" });
    });
  });

  describe("presence with grace", () => {
    const options: HubOptions = { presence: { grace: 400 } };

    test("does not tell of who comes back at once", async () => {
      const { hub, connect } = await start(options);
      const a = await connect("Alice", "general");
      const b = await connect("Bob", "general");
      expect(await a.remote.next()).toMatchObject({ type: "user_joined" });
      const disconnected = nextEvent(hub, "disconnect");
      b.remote.cut();
      await disconnected;
      await connect("Bob", "general");
      hub.room("general").broadcast("n");
      expect(await a.remote.next()).toMatchObject({ type: "n" });
    });

    test("tells of who is away for longer, and that they left in the end, and why", async () => {
      const { connect } = await start(options);
      const a = await connect("Alice", "general");
      const b = await connect("Bob", "general");
      expect(await a.remote.next()).toMatchObject({ type: "user_joined" });
      b.remote.cut();
      const bob = { id: "bob", name: "Bob" };
      expect(await a.remote.next()).toMatchObject({ type: "user_reconnecting", payload: bob });
      a.remote.send(join("general", "info"));
      expect(await a.remote.next()).toMatchObject({
        payload: { users: [{ id: "alice" }, { ...bob, reconnecting: true }], count: 2 },
      });
      const again = await connect("Bob", "general");
      expect(await a.remote.next()).toMatchObject({ type: "user_returned", payload: bob });
      again.remote.cut();
      expect((await a.remote.next()).type).toBe("user_reconnecting");
      expect(await a.remote.next()).toMatchObject({
        type: "user_left",
        payload: { ...bob, reason: "timeout" },
      });
      const last = await connect("Bob", "general");
      expect((await a.remote.next()).type).toBe("user_joined");
      last.remote.close(1000, "");
      expect(await a.remote.next()).toMatchObject({
        type: "user_left",
        payload: { reason: "left" },
      });
    });
  });

  test("a hub that closes lets handlers finish, and tells each client when to come back", async () => {
    const { hub, site, connect } = await start();
    const remotes: RemoteEnd[] = [];
    for (let n = 0; n < 4; n++) remotes.push((await connect(`C${n}`)).remote);
    let finish: (value: string) => void = () => {};
    const begun = new Promise<void>((resolve) => {
      hub.handle("slow", () => {
        resolve();
        return new Promise((answer) => {
          finish = answer;
        });
      });
    });
    remotes[0]?.send({ type: "slow", id: "s" });
    await begun;
    const closed = hub.close({ spread: 1_000 });
    if (hasGate) {
      const { status, headers } = await upgrade(site.port ?? 0, "/?token=Late");
      expect([status, Number(headers["retry-after"])]).toEqual([503, expect.any(Number)]);
    }
    finish("done");
    expect(await remotes[0]?.next()).toMatchObject({ type: "ack", payload: "done" });
    const delays: unknown[] = [];
    for (const remote of remotes) {
      expect(await remote.next()).toMatchObject({
        type: "reconnect",
        payload: { delay: expect.any(Number) },
      });
      delays.push((await remote.closed).code);
    }
    expect(delays).toEqual([1001, 1001, 1001, 1001]);
    await closed;
    expect(hub.clients.size).toBe(0);
  });

  test("a request of the server is answered by each, or not", async () => {
    const { hub, connect } = await start();
    const a = await connect("Alice", "general");
    const b = await connect("Bob", "general");
    const c = await connect("Carl", "general");
    const receipts = hub.room("general").request("ready?", "now", { timeout: 300 });
    const { id } = await until(a.remote, "ready?");
    a.remote.send({ type: "ack", id, payload: "yes" });
    c.remote.cut();
    const seen: unknown[] = [];
    for await (const { client, status, payload } of receipts) {
      seen.push([client.user.id, status, payload]);
    }
    expect(seen.sort()).toEqual([
      ["alice", "ack", "yes"],
      ["bob", "timeout", undefined],
      ["carl", "left", undefined],
    ]);
    expect(b.client.isOpen).toBe(true);
  });
});
