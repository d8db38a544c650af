import { describe, expect, test } from "vitest";
import { errorCode, join, say, World } from "../support/world.js";

describe("a message that is no envelope", () => {
  test.each([
    ["not JSON", "{type:ping}"],
    ["nothing", ""],
    ["white space", "  "],
    ["half a message", '{"type":"ping"'],
    ["two messages in one", '{"type":"ping"}\n{"type":"ping"}'],
    ["a byte order mark", '\ufeff{"type":"ping"}'],
    ["a number", "42"],
    ["null", "null"],
    ["a string", '"ping"'],
    ["a list", '[{"type":"ping"}]'],
    ["no type", "{}"],
    ["a type that is a number", '{"type":1}'],
    ["an empty type", '{"type":""}'],
    ["a type without end", `{"type":"${"x".repeat(129)}"}`],
    ["a type in the prototype", '{"__proto__":{"type":"ping"}}'],
    ["an id that is a number", '{"type":"ping","id":1}'],
    ["an id without end", `{"type":"ping","id":"${"x".repeat(129)}"}`],
  ])("%s is answered with INVALID_FORMAT, and the connection stays", (_, text) => {
    const world = new World();
    const a = world.connect("Alice");
    expect(errorCode(world.ask(a, text))).toBe("INVALID_FORMAT");
    expect(world.ask(a, { type: "ping" })).toEqual([{ type: "pong" }]);
  });

  test.each(["nope", "toString", "__proto__", "constructor", "new_message", "gap"])(
    "the type %s is UNKNOWN_TYPE",
    (type) => {
      const world = new World();
      const a = world.connect("Alice");
      expect(errorCode(world.ask(a, JSON.stringify({ type, id: "u" })))).toBe("UNKNOWN_TYPE");
      expect(world.ask(a, { type: "ping" })).toEqual([{ type: "pong" }]);
    },
  );
});

describe("a payload made to harm", () => {
  test("with __proto__ pollutes nothing, and arrives as it was sent", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    const payload = '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}';
    world.ask(a, `{"type":"send_message","room":"general","payload":${payload}}`);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    expect(JSON.stringify(b.take().at(-1)?.payload)).toBe(payload);
  });

  test.each([
    ["[", "]"],
    ['{"a":', "}"],
  ])("of 10,000 levels of %s is refused", (open, close) => {
    const world = new World({ maxMessageBytes: 1_000_000 });
    const a = world.enter("Alice", "general");
    const nested = `${open.repeat(10_000)}0${close.repeat(10_000)}`;
    const text = `{"type":"send_message","room":"general","payload":${nested},"id":"deep"}`;
    const answers = world.ask(a, text);
    expect(errorCode(answers)).toBe("INVALID_PAYLOAD");
    expect(answers[0]?.id).toBe("deep");
  });

  test("nests 64 levels at most", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const send = (levels: number) =>
      world.ask(
        a,
        `{"type":"send_message","room":"general","payload":${"[".repeat(levels)}${"]".repeat(levels)}}`,
      );
    expect(send(64)).toMatchObject([{ type: "ack" }]);
    expect(errorCode(send(65))).toBe("INVALID_PAYLOAD");
  });

  test("with lone surrogates and control characters arrives as it was sent", () => {
    const world = new World();
    const a = world.enter("Alice", "general");
    const b = world.enter("Bob", "general");
    const payload = '\ud800 \udfff \u0000 \u2028 " \\ 🎉';
    world.ask(a, say("general", payload));
    expect(b.take().at(-1)?.payload).toBe(payload);
  });
});

describe("a message that is too large", () => {
  const sized = (bytes: number, fill = "x") => {
    const empty = JSON.stringify({ type: "ping", payload: "" });
    const left = bytes - empty.length;
    const width = Buffer.byteLength(fill);
    const text = fill.repeat(Math.floor(left / width)) + "x".repeat(left % width);
    return JSON.stringify({ type: "ping", payload: text });
  };

  test.each(["x", "é", "€", "🎉"])("is measured in bytes of UTF-8, here of %s", (fill) => {
    const world = new World({ maxMessageBytes: 1_000 });
    const a = world.connect("Alice");
    expect(Buffer.byteLength(sized(1_000, fill))).toBe(1_000);
    expect(world.ask(a, sized(1_000, fill))).toEqual([{ type: "pong" }]);
    world.ask(a, sized(1_001, fill));
    expect(a.closed?.code).toBe(1009);
  });

  test("is 4,096 bytes by default", () => {
    const world = new World();
    const a = world.connect("Alice");
    expect(world.ask(a, sized(4_096))).toEqual([{ type: "pong" }]);
    world.ask(a, sized(4_097));
    expect(a.closed?.code).toBe(1009);
    expect(world.emitted("disconnect")).toMatchObject([{ code: 1009 }]);
  });
});

test("a binary message closes with 1003", () => {
  const world = new World();
  const a = world.connect("Alice");
  world.ask(a, new TextEncoder().encode('{"type":"ping"}'));
  expect(a.closed?.code).toBe(1003);
  expect(a.received).toEqual([]);
});

describe("a client that sends too fast", () => {
  const rateLimit = { perSecond: 10, burst: 5 };
  const ping = { type: "ping", id: "p" };

  test("is refused over its burst, and served again at its rate", () => {
    const world = new World({ rateLimit });
    const a = world.connect("Alice");
    for (let count = 0; count < 5; count++) expect(world.ask(a, ping)[0]?.type).toBe("pong");
    const refused = world.ask(a, ping);
    expect(errorCode(refused)).toBe("RATE_LIMITED");
    expect(refused[0]?.id).toBe("p");
    // The refused message counts too: two tenths of a second make up for it and the next.
    world.clock.advance(199);
    expect(errorCode(world.ask(a, ping))).toBe("RATE_LIMITED");
    world.clock.advance(201);
    expect(world.ask(a, ping)).toMatchObject([{ type: "pong" }]);
  });

  test("is closed with 1008 when it does not stop", () => {
    const world = new World({ rateLimit });
    const a = world.connect("Alice");
    for (let count = 0; count < 55; count++) a.send(ping);
    world.clock.flush();
    expect(a.closed).toBeUndefined();
    a.send(ping);
    world.clock.flush();
    expect(a.closed?.code).toBe(1008);
  });

  test("harms nobody else", () => {
    const world = new World({ rateLimit });
    const [a, b] = [world.connect("Alice"), world.connect("Bob")];
    for (let count = 0; count < 100; count++) a.send(ping);
    expect(world.ask(b, ping)).toMatchObject([{ type: "pong" }]);
  });

  test("is never refused where the limit is off", () => {
    const world = new World({ rateLimit: false });
    const a = world.connect("Alice");
    for (let count = 0; count < 10_000; count++) a.send(ping);
    world.clock.flush();
    expect(a.take("pong")).toHaveLength(10_000);
  });

  test("counts malformed messages too", () => {
    const world = new World({ rateLimit });
    const a = world.connect("Alice");
    for (let count = 0; count < 56; count++) a.send("{");
    world.clock.flush();
    expect(a.closed?.code).toBe(1008);
  });
});

test("what arrives after the close is not handled", () => {
  const world = new World();
  const a = world.connect("Alice");
  world.client("alice").close();
  a.send(join("general"));
  world.clock.flush();
  expect(world.hub.rooms.size).toBe(0);
  expect(a.take()).toEqual([]);
});

test("a transport that says twice that it is gone is gone once", () => {
  const world = new World();
  const receiver = world.hub.accept({
    bufferedAmount: 0,
    write() {},
    close() {},
    terminate() {},
  });
  receiver.closed(1006, "");
  receiver.closed(1006, "");
  expect(world.emitted("disconnect")).toHaveLength(1);
  expect(world.hub.clients.size).toBe(0);
});

test("a transport's failure is an error event with its cause", () => {
  const world = new World();
  const cause = new Error("ECONNRESET");
  const receiver = world.hub.accept({ bufferedAmount: 0, write() {}, close() {}, terminate() {} });
  receiver.error(cause);
  expect(world.emitted("error")).toMatchObject([{ error: { code: "SOCKET_FAILED", cause } }]);
});
