import { Hub } from "roomcast";
import { VirtualClock } from "roomcast/testing";
import { accept, handshakeFrom, type StandardWebSocket } from "roomcast/websocket";
import { describe, expect, test } from "vitest";

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
  return { clock, hub, fake, socket: fake as unknown as StandardWebSocket };
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

  test.each([2, 3])("leaves one alone that has closed already (readyState %i)", (readyState) => {
    const { hub, fake, socket } = setup();
    fake.readyState = readyState;
    accept(hub, socket);
    expect(hub.clients.size).toBe(0);
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
