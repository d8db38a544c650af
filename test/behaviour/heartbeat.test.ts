import { describe, expect, test } from "vitest";
import { World } from "../support/world.js";

const SECOND = 1_000;

describe("the heartbeat", () => {
  test("pings a silent client after 25 seconds, and keeps one that answers", () => {
    const world = new World();
    const a = world.enter("Alice");
    world.clock.advance(24 * SECOND);
    expect(a.pings).toBe(0);
    world.clock.advance(600 * SECOND);
    expect(a.pings).toBeGreaterThanOrEqual(10);
    expect(a.closed).toBeUndefined();
  });

  test("finds a peer that vanished, and its rooms are told", () => {
    const world = new World();
    const gone = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    gone.answersPings = false;
    world.clock.advance(44 * SECOND);
    expect(world.hub.isOnline("alice")).toBe(true);
    world.clock.advance(7 * SECOND);
    expect(world.hub.isOnline("alice")).toBe(false);
    expect(world.hub.isOnline("bob")).toBe(true);
    expect(b.take()).toMatchObject([{ type: "user_left", payload: { id: "alice" } }]);
    expect(world.emitted("disconnect")).toMatchObject([
      { client: { user: { id: "alice" } }, code: 1006, reason: /silent for \d+ ms/ },
    ]);
  });

  test("leaves a client alone that keeps sending", () => {
    const world = new World();
    const a = world.enter("Alice");
    a.answersPings = false;
    for (let round = 0; round < 20; round++) {
      world.clock.advance(20 * SECOND);
      world.ask(a, { type: "ping" });
    }
    expect(a.closed).toBeUndefined();
    expect(a.pings).toBe(0);
  });

  test("asks by a message where the transport cannot ping", () => {
    const world = new World();
    const sent: string[] = [];
    const receiver = world.hub.accept({
      bufferedAmount: 0,
      write: (batch) => sent.push(...batch.messages().map(({ text }) => text)),
      close() {},
      terminate: () => receiver.closed(1006, ""),
    });
    world.clock.advance(32 * SECOND);
    expect(sent.at(-1)).toBe('{"type":"ping"}');
    receiver.message('{"type":"pong"}');
    world.clock.advance(40 * SECOND);
    expect(world.hub.clients.size).toBe(1);
    world.clock.advance(12 * SECOND);
    expect(world.hub.clients.size).toBe(0);
  });

  test("does not hold it against the peers when the machine itself has slept", () => {
    const world = new World();
    const [a, b] = [world.enter("Alice"), world.enter("Bob")];
    b.answersPings = false;
    world.clock.sleep(3_600 * SECOND);
    expect(world.hub.clients.size).toBe(2);
    world.clock.advance(52 * SECOND);
    expect([a.closed, b.closed?.code]).toEqual([undefined, 1006]);
  });

  describe("takes it for a sign of life", () => {
    /** A client that answers no ping: the answers stand behind data. */
    function reading(world: World) {
      const socket = { bufferedAmount: 0, write() {}, ping() {}, close() {}, terminate() {} };
      return { socket, receiver: world.hub.accept(socket) };
    }

    test("when a drain is reported", () => {
      const world = new World();
      const { socket, receiver } = reading(world);
      let cuts = 0;
      socket.terminate = () => cuts++;
      for (let round = 0; round < 10; round++) {
        world.clock.advance(40 * SECOND);
        receiver.drain();
      }
      expect(cuts).toBe(0);
      world.clock.advance(55 * SECOND);
      expect(cuts).toBeGreaterThan(0);
    });

    test("when what waits becomes less, and not when it stays, or becomes more", () => {
      const world = new World();
      const { socket } = reading(world);
      let cuts = 0;
      socket.terminate = () => cuts++;
      for (socket.bufferedAmount = 1_000; socket.bufferedAmount > 0; socket.bufferedAmount -= 100) {
        world.clock.advance(10 * SECOND);
      }
      expect(cuts).toBe(0);
      socket.bufferedAmount = 1_000;
      world.clock.advance(30 * SECOND);
      for (let round = 0; round < 3; round++) {
        socket.bufferedAmount += 100;
        world.clock.advance(10 * SECOND);
      }
      expect(cuts).toBeGreaterThan(0);
    });
  });

  test("stands still while nobody is there, and starts again", () => {
    const world = new World();
    expect(world.clock.pendingTimers).toBe(0);
    const a = world.enter("Alice");
    expect(world.clock.pendingTimers).toBe(1);
    a.hangUp();
    world.clock.advance(60 * SECOND);
    expect(world.clock.pendingTimers).toBe(0);
    world.enter("Bob").answersPings = false;
    world.clock.advance(52 * SECOND);
    expect(world.hub.clients.size).toBe(0);
  });

  test("takes other times, or none", () => {
    const quick = new World({ heartbeat: { interval: 100, timeout: 30 } });
    quick.enter("Alice").answersPings = false;
    quick.clock.advance(140);
    expect(quick.hub.clients.size).toBe(0);

    const off = new World({ heartbeat: false });
    off.enter("Alice").answersPings = false;
    expect(off.clock.pendingTimers).toBe(0);
    off.clock.advance(3_600 * SECOND);
    expect(off.hub.clients.size).toBe(1);
  });
});
