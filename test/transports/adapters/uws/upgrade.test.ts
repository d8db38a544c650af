import { App, SSLApp } from "uWebSockets.js";
import { type Handshake, Hub, type RoomcastError, type User } from "roomcast";
import { type AttachOptions, attach, type UwsApp } from "roomcast/uws";
import { expect, test, vi } from "vitest";

/** What the adapter hands to an app's `ws`: as much of it as is driven here. */
interface Behavior {
  upgrade(response: object, request: object, context: object): void;
  open(ws: object): void;
  drain(ws: object): void;
  pong(ws: object): void;
  close(ws: object, code: number, reason: ArrayBuffer): void;
}

const alice: User = { id: "alice", name: "Alice" };
const nobody = new Error("uWS.HttpResponse must not be accessed");
const fail = () => {
  throw nobody;
};

/** A hub on an app whose requests a test makes, for one connection at a time. */
function start(authenticate: AttachOptions["authenticate"]) {
  const hub = new Hub();
  const errors: RoomcastError[] = [];
  hub.on("error", ({ error }) => errors.push(error));
  let behavior: Behavior | undefined;
  const app = {
    ws: (_: string, given: object) => {
      behavior = given as Behavior;
    },
  };
  attach(hub, app as unknown as UwsApp, { authenticate, maxConnections: 1 });
  const { upgrade, ...handlers } = behavior as unknown as Behavior;
  const request = { forEach() {}, getQuery: () => "", getUrl: () => "/", getHeader: () => "" };

  /** Makes a request; resolves with what became of it. */
  const visit = async (overrides: object = {}) => {
    const seen: { status?: string; data?: unknown } = {};
    const response = {
      cork: (write: () => void) => write(),
      onAborted() {},
      getRemoteAddressAsText: () => new ArrayBuffer(0),
      writeStatus: (status: string) => {
        seen.status = status;
      },
      writeHeader() {},
      end() {},
      upgrade: (data: unknown) => {
        seen.data = data;
      },
      ...overrides,
    };
    upgrade(response, request, {});
    await new Promise((resolve) => setImmediate(resolve));
    return seen;
  };
  return { hub, errors, visit, ...handlers };
}

test.each([
  ["at once, and cannot be upgraded", () => alice, { upgrade: fail }],
  ["later, and cannot be upgraded", async () => alice, { upgrade: fail }],
  ["later, and cannot be written to", async () => alice, { cork: fail }],
  ["at once, and cannot be refused", () => null, { writeStatus: fail }],
  ["later, and cannot be refused", async () => null, { end: fail }],
])("a request that is decided %s, is reported and holds no place", async (_, first, broken) => {
  let authenticate: AttachOptions["authenticate"] = first;
  const { errors, visit } = start((handshake) => authenticate?.(handshake));
  for (let n = 1; n <= 2; n++) {
    await visit(broken);
    expect(errors).toHaveLength(n);
    expect(errors.at(-1)).toMatchObject({ code: "SOCKET_FAILED", cause: nobody });
  }
  authenticate = () => alice;
  expect(await visit()).toHaveProperty("data");
  expect(await visit()).toEqual({ status: "429 Too Many Requests" });
});

test("a connection that is open keeps its place until it closes, whatever is thrown", async () => {
  const { hub, errors, visit, open, close } = start(() => alice);
  let ws: object = {};
  await visit({
    upgrade(data: object) {
      ws = { getUserData: () => data, getBufferedAmount: () => 0, end() {}, close() {} };
      open(ws);
      fail();
    },
  });
  expect(errors).toMatchObject([{ code: "SOCKET_FAILED", cause: nobody }]);
  expect(hub.clients.size).toBe(1);
  expect((await visit()).status).toBe("429 Too Many Requests");
  close(ws, 1006, new ArrayBuffer(0));
  expect(hub.clients.size).toBe(0);
  expect(await visit()).toHaveProperty("data");
});

test("that the network drained, and that the peer answered a ping, reaches the hub", async () => {
  const { hub, visit, open, drain, pong } = start(() => alice);
  const accept = vi.spyOn(hub, "accept");
  const { data } = await visit();
  const ws = { getUserData: () => data, getBufferedAmount: () => 0, end() {}, close() {} };
  open(ws);
  const receiver = accept.mock.results[0]?.value;
  const heard = [vi.spyOn(receiver, "drain"), vi.spyOn(receiver, "pong")];
  drain(ws);
  pong(ws);
  for (const spy of heard) expect(spy).toHaveBeenCalledOnce();
});

test.each([
  ["an SSLApp", SSLApp({}), true],
  ["an App", App(), false],
])("%s knows whether a request came by TLS", (_, app, isSecure) => {
  let behavior: Behavior | undefined;
  // An app of its own class, whose requests a test makes.
  app.ws = (_: string, given: object) => {
    behavior = given as Behavior;
    return app;
  };
  const authenticate = vi.fn((_: Handshake) => alice);
  attach(new Hub(), app, { authenticate });
  const request = { forEach() {}, getQuery: () => "", getUrl: () => "/", getHeader: () => "" };
  const response = {
    onAborted() {},
    getRemoteAddressAsText: () => new ArrayBuffer(0),
    upgrade() {},
  };
  behavior?.upgrade(response, request, {});
  expect(authenticate.mock.calls[0]?.[0].isSecure).toBe(isSecure);
});
