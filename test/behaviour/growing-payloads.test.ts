import { describe, expect, test } from "vitest";
import { errorCode, join, say, World } from "../support/world.js";

const repeat = (item: string) => `[${Array(800).fill(item).join(",")}]`;
const sending = (payload: string) =>
  `{"type":"send_message","room":"general","payload":${payload},"id":"1"}`;

function members(world: World) {
  const sockets = [world.enter("Alice", "general"), world.enter("Bob", "general")] as const;
  for (const socket of sockets) socket.take();
  return sockets;
}

describe("a payload that is longer than its whole message where it is written again", () => {
  test.each(["1e20", "-1e20", "1E+20", "1.5e20", "1e-6", " 1e20", '{"a":1e20}'])(
    "is refused, for %s",
    (item) => {
      const world = new World({ history: {}, maxMessageBytes: 16_384 });
      const [a, b] = members(world);
      const text = sending(repeat(item));
      expect(JSON.stringify(JSON.parse(text).payload).length).toBeGreaterThan(text.length);
      expect(errorCode(world.ask(a, text))).toBe("INVALID_PAYLOAD");
      expect(b.take()).toEqual([]);
      expect(world.hub.room("general").position?.seq).toBe(0);
    },
  );

  test("reaches no handler and no state of a user, either", () => {
    const world = new World();
    const [a, b] = members(world);
    world.hub.handle("show", (client, { payload }) => client.setPresence(payload));
    const text = `{"type":"show","payload":${repeat("1e20")}}`;
    expect(errorCode(world.ask(a, text))).toBe("INVALID_PAYLOAD");
    expect(b.take()).toEqual([]);
  });
});

describe("a payload is sent on", () => {
  const send = (payload: string) => {
    const world = new World();
    const [a, b] = members(world);
    const [answer] = world.ask(a, sending(payload));
    return { answer, payload: b.take("new_message")[0]?.payload };
  };

  test("where it has a few numbers with exponents", () => {
    const { answer, payload } = send('{"mass":5.972e24,"count":1e3,"text":" 1e20"}');
    expect(answer?.type).toBe("ack");
    expect(payload).toEqual({ mass: 5.972e24, count: 1_000, text: " 1e20" });
  });

  test("where only its strings look like numbers with exponents", () => {
    expect(send(`"${" 1e20".repeat(700)}"`).answer?.type).toBe("ack");
  });
});

test("what JSON writes again is longer for numbers with exponents alone", () => {
  const samples = ["1e20", "1e-6", "5e-324", "0.1", "-0", "100000000000000000000", "0.000001"];
  const escapes = ["\\u00e9", "\\ud800", "\\u0000", "\\u001f", "\\u007f", "\\/", "\\b", "\\u2028"];
  const strings = [...escapes, "\u2028", "\u007f", "é", "😀", "\\ud83d\\ude00"].map(
    (it) => `"${it}"`,
  );
  const objects = ['{"__proto__":1}', '{"a":1,"a":2}', '{"2":1,"1":2}', "[ ]", "{ }"];
  const grown = [...samples, ...strings, ...objects].filter((text) => {
    return Buffer.byteLength(JSON.stringify(JSON.parse(text))) > Buffer.byteLength(text);
  });
  expect(grown).toEqual(["1e20", "1e-6"]);
});

test("a room's name is sent on with the bytes that it came with, at most", () => {
  const world = new World();
  const name = "\\u0001".repeat(128);
  const a = world.connect("Alice");
  const text = JSON.stringify(join("x")).replace('"x"', `"${name}"`);
  const [info] = world.ask(a, text);
  expect(JSON.stringify(info?.room).length).toBe(name.length + 2);
  expect(world.ask(a, say(info?.room as string, 1, "1"))[0]?.type).toBe("ack");
});
