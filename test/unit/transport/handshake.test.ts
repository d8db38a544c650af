import { describe, expect, test } from "vitest";
import { createHandshake, pathOf } from "../../../src/transport/handshake.js";

describe("the token of a handshake", () => {
  const all = {
    "sec-websocket-protocol": "chat, from-protocol",
    authorization: "Bearer from-header",
  };

  test.each([
    ["the query", "/ws?a=1&token=from%20query", all, "from query"],
    ["the last subprotocol", "/ws?token=", all, "from-protocol"],
    ["the only subprotocol", "/ws", { "sec-websocket-protocol": "from-protocol" }, "from-protocol"],
    ["the Authorization header", "/ws", { authorization: "Bearer from-header" }, "from-header"],
    ["the Authorization header", "/ws", { authorization: "bearer  from-header" }, "from-header"],
    ["nowhere", "/ws", {}, undefined],
    ["nowhere, of another scheme", "/ws", { authorization: "Basic YTpi" }, undefined],
    ["nowhere, of half a query", "/ws?", {}, undefined],
  ])("comes from %s", (_, url, headers, token) => {
    expect(createHandshake(url, headers, "::1").token).toBe(token);
  });
});

test("a handshake names the subprotocols in the client's order", () => {
  const headers = { "sec-websocket-protocol": " a,b ,, c" };
  expect(createHandshake("/", headers, "::1").protocols).toEqual(["a", "b", "c"]);
  expect(createHandshake("/", {}, "::1").protocols).toEqual([]);
});

test("a path ends where the query starts", () => {
  expect(["/ws", "/ws?a=/b", "/ws#x", "?token=1"].map(pathOf)).toEqual(["/ws", "/ws", "/ws", ""]);
});

describe("the cookies of a handshake", () => {
  const cookiesOf = (cookie: string | undefined) => createHandshake("/", { cookie }, "::1").cookies;

  test.each<[string, string | undefined, Record<string, string>]>([
    ["none", undefined, {}],
    ["an empty header", "", {}],
    ["two", "sid=abc; theme=dark", { sid: "abc", theme: "dark" }],
    ["without spaces, or with more", "a=1;b=2 ;  c = 3", { a: "1", b: "2", c: "3" }],
    ["a value with =", "sid=a=b==", { sid: "a=b==" }],
    ["a quoted value", 'sid="abc"', { sid: "abc" }],
    ["an encoded value", "name=J%C3%BCrgen%3B", { name: "Jürgen;" }],
    [
      "a broken %",
      "a=%; b=100%25; c=%E0%A4%A; d=%zz",
      { a: "%", b: "100%", c: "%E0%A4%A", d: "%zz" },
    ],
    ["one name twice: the first", "sid=one; sid=two", { sid: "one" }],
    ["what is no pair", "junk; =x; sid=1;;", { sid: "1" }],
  ])("are read: %s", (_, header, cookies) => {
    expect({ ...cookiesOf(header) }).toEqual(cookies);
  });

  test("are no way to a prototype", () => {
    const cookies = cookiesOf("__proto__=1; constructor=2; toString=3");
    expect(Object.getPrototypeOf(cookies)).toBe(null);
    expect(Object.entries(cookies)).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
      ["toString", "3"],
    ]);
    expect(cookiesOf("a=1")["toString"]).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("are read once, when they are asked for", () => {
    const handshake = createHandshake("/", { cookie: "a=1" }, "::1");
    expect(handshake.cookies).toBe(handshake.cookies);
  });
});
