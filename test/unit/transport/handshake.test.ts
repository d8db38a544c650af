import { describe, expect, test } from "vitest";
import { createHandshake, pathOf } from "../../../src/transport/handshake.js";
import { isAllowedOrigin } from "../../../src/transport/origins.js";

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

test("an origin is allowed by a list, by a function, or by not being sent", () => {
  const from = (origin?: string) => createHandshake("/", { origin }, "::1");
  expect(isAllowedOrigin(from("https://a.example"), undefined)).toBe(true);
  expect(isAllowedOrigin(from("https://a.example"), ["https://a.example"])).toBe(true);
  expect(isAllowedOrigin(from("https://b.example"), ["https://a.example"])).toBe(false);
  expect(isAllowedOrigin(from("https://b.example"), (origin) => origin.includes("b."))).toBe(true);
  const here = (origin: string) =>
    isAllowedOrigin(createHandshake("/", { origin, host: "a.example:8080" }, "::1"), "same");
  expect(here("https://a.example:8080")).toBe(true);
  expect(["https://a.example", "https://b.example:8080", "null", "nonsense"].map(here)).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(isAllowedOrigin(from("null"), "same")).toBe(false);
  expect(isAllowedOrigin(from(undefined), [])).toBe(true);
  expect(isAllowedOrigin(from("null"), ["https://a.example"])).toBe(false);
});
