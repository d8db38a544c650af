import { Hub, UpgradeGuard } from "roomcast";
import { VirtualClock } from "roomcast/testing";
import { accept, handshakeFrom, type StandardWebSocket } from "roomcast/websocket";
import { describe, expect, test, vi } from "vitest";
import { createHandshake } from "../../../../src/transport/handshake.js";
import { Place } from "../../../../src/transport/places.js";

const request = createHandshake("/ws", {}, "192.0.2.1");

/** A standard WebSocket that a test drives. */
class Fake extends EventTarget {
  readyState = 1;
  bufferedAmount = 0;
  readonly sent: string[] = [];
  readonly closes: [number | undefined, string | undefined][] = [];
  /** As a browser has it: an error for the codes that a page may not send. */
  isStrict = false;

  send(data: string): void {
    this.sent.push(data);
  }

  close(code?: number, reason?: string): void {
    if (this.isStrict && code !== undefined && code !== 1000 && code < 3_000) {
      throw new DOMException("InvalidAccessError");
    }
    this.closes.push([code, reason]);
  }

  tell(type: string, fields: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), fields));
  }
}

function setup() {
  const clock = new VirtualClock();
  const hub = new Hub({ clock, heartbeat: false });
  const fake = new Fake();
  const guard = new UpgradeGuard(hub, { maxConnections: 1 });
  /** Whether the guard's only place is taken. */
  const isFull = async () => {
    const probe = await guard.admit(request);
    if (probe.isAdmitted) probe.release();
    return !probe.isAdmitted && probe.status === 429;
  };
  return { clock, hub, fake, guard, isFull, socket: fake as unknown as StandardWebSocket };
}

describe("accept", () => {
  test("waits for a WebSocket that is still connecting", () => {
    const { hub, fake, socket } = setup();
    fake.readyState = 0;
    accept(hub, socket);
    expect(hub.clients.size).toBe(0);
    fake.readyState = 1;
    fake.tell("open");
    fake.tell("open");
    expect(hub.clients.size).toBe(1);
  });

  test("forgets one that closes before it opens", () => {
    const { hub, fake, socket } = setup();
    fake.readyState = 0;
    accept(hub, socket);
    fake.readyState = 3;
    fake.tell("error");
    fake.tell("close", { code: 1006, reason: "" });
    expect(hub.clients.size).toBe(0);
  });

  test.each([2, 3])("refuses one that has closed already (readyState %i)", (readyState) => {
    const { hub, fake, socket } = setup();
    fake.readyState = readyState;
    expect(() => accept(hub, socket)).toThrow(/The WebSocket has closed/);
    expect(hub.clients.size).toBe(0);
  });

  test("refuses one that has a hub already, also one that still connects", () => {
    for (const readyState of [0, 1]) {
      const { hub, fake, socket } = setup();
      fake.readyState = readyState;
      accept(hub, socket);
      expect(() => accept(hub, socket)).toThrow(
        expect.objectContaining({
          code: "INVALID_OPTION",
          message: expect.stringMatching(/has a hub already/),
        }),
      );
      expect(hub.clients.size).toBe(readyState);
    }
  });

  test("refuses what is no user, and what is no admission", async () => {
    const { hub, fake, socket } = setup();
    fake.readyState = 0;
    const refusal = await new UpgradeGuard(hub, { authenticate: () => null }).admit(request);
    for (const [options, text] of [
      [{ user: { id: 42 } }, /user is { id: 42 }: id must be a string; write String\(id\)/],
      [{ user: null }, /user is null: it must be an object/],
      [refusal, /is a refusal/],
      [Promise.resolve(refusal), /is a promise: await/],
    ] as const) {
      expect(() => accept(hub, socket, options as never)).toThrow(text);
    }
    accept(hub, socket);
  });

  test("closes one with 1001 after hub.close, and gives its place back", async () => {
    const { hub, fake, socket, guard } = setup();
    const admission = await guard.admit(request);
    if (!admission.isAdmitted) throw new Error("refused");
    const release = vi.spyOn(Place.prototype, "release");
    await hub.close();
    accept(hub, socket, admission);
    expect(fake.closes).toMatchObject([[1001, expect.any(String)]]);
    fake.tell("close", { code: 1001, reason: "" });
    expect(release).toHaveBeenCalled();
    release.mockRestore();
  });

  test("takes an admission once, and gives its place back when the connection is gone", async () => {
    for (const readyState of [0, 1]) {
      const { hub, fake, socket, guard, clock, isFull } = setup();
      fake.readyState = readyState;
      const admission = await guard.admit(request);
      accept(hub, socket, admission as never);
      expect(() => accept(hub, setup().socket, admission as never)).toThrow(/was used before/);
      clock.advance(60_000);
      expect(await isFull()).toBe(true);
      fake.tell("close", { code: 1006, reason: "" });
      expect(await isFull()).toBe(false);
    }
  });

  test("gives the place of an admission back where the socket cannot be accepted", async () => {
    const { hub, fake, socket, guard, isFull } = setup();
    fake.readyState = 3;
    const admission = await guard.admit(request);
    expect(await isFull()).toBe(true);
    expect(() => accept(hub, socket, admission as never)).toThrow(/has closed/);
    expect(await isFull()).toBe(false);
  });

  test("closes with 1000 where the runtime takes no other code, and keeps the reason", () => {
    const { hub, fake, socket } = setup();
    fake.isStrict = true;
    accept(hub, socket);
    fake.tell("message", { data: new ArrayBuffer(2) });
    expect(fake.closes).toEqual([[1000, "Messages are JSON text."]]);
  });

  test("asks for a drain while something waits, and no longer", () => {
    const { clock, hub, fake, socket } = setup();
    accept(hub, socket);
    fake.bufferedAmount = 10;
    hub.broadcast("news");
    clock.flush();
    expect(clock.pendingTimers).toBe(1);
    clock.advance(200);
    expect(clock.pendingTimers).toBe(1);
    fake.bufferedAmount = 0;
    clock.advance(50);
    expect(clock.pendingTimers).toBe(0);
  });

  test("takes it for a sign of life when some of what waits has gone, also between two writes", () => {
    const { clock, fake, socket } = setup();
    const hub = new Hub({ clock });
    accept(hub, socket);
    for (let round = 0; round < 6; round++) {
      fake.bufferedAmount = 10;
      hub.broadcast("news");
      clock.advance(10_000);
      fake.bufferedAmount = 5;
      clock.advance(50);
    }
    expect(hub.clients.size).toBe(1);
    clock.advance(55_000);
    expect(hub.clients.size).toBe(0);
  });

  test("does not wait for the closing handshake of a line that is cut", () => {
    const { hub, fake, socket } = setup();
    accept(hub, socket);
    const errors: unknown[] = [];
    hub.on("error", (event) => errors.push(event));
    for (const client of hub.clients) client.terminate();
    expect(hub.clients.size).toBe(0);
    expect(fake.closes).toHaveLength(1);
    fake.tell("error");
    fake.tell("close", { code: 1001, reason: "" });
    expect(errors).toEqual([]);
  });

  test("takes a line that it cut for cut, where the runtime tells of the end within close", () => {
    const { hub, fake, socket } = setup();
    fake.close = (code, reason) => {
      fake.readyState = 3;
      fake.tell("close", { code, reason });
    };
    accept(hub, socket);
    const codes: number[] = [];
    hub.on("disconnect", ({ code }) => codes.push(code));
    for (const client of hub.clients) client.terminate();
    expect(codes).toEqual([1006]);
  });
});

test("a handshake is made of a standard request", () => {
  const request = new Request("https://example.org/ws?token=abc&x=1", {
    headers: { "X-Thing": "one", "Sec-WebSocket-Protocol": "chat, other" },
  });
  expect(handshakeFrom(request, "10.0.0.1")).toMatchObject({
    url: "/ws?token=abc&x=1",
    headers: { "x-thing": "one" },
    protocols: ["chat", "other"],
    ip: "10.0.0.1",
    token: "abc",
  });
  expect(handshakeFrom(new Request("http://example.org")).url).toBe("/");
});

test("a handshake is made of a request of Node, too, and knows of TLS", () => {
  const socket = { remoteAddress: "192.0.2.7" };
  const headers = { host: "example.org", cookie: "sid=1", "set-cookie": ["a", "b"] };
  expect(handshakeFrom({ url: "/ws?token=t", headers, socket })).toMatchObject({
    url: "/ws?token=t",
    headers: { host: "example.org", "set-cookie": "a, b" },
    cookies: { sid: "1" },
    ip: "192.0.2.7",
    isSecure: false,
    token: "t",
  });
  const secure = { headers, socket: { ...socket, encrypted: true } };
  expect(handshakeFrom(secure)).toMatchObject({ url: "/", isSecure: true });
  expect(handshakeFrom(secure, "192.0.2.8").ip).toBe("192.0.2.8");
  expect(handshakeFrom(new Request("https://example.org/ws")).isSecure).toBe(true);
  expect(handshakeFrom(new Request("http://example.org/ws")).isSecure).toBe(false);
});
