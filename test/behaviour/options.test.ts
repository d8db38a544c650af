import { Hub, type HubOptions, RoomcastError } from "roomcast";
import { MemorySocket } from "roomcast/testing";
import { expect, test, vi } from "vitest";
import { errorCode, join, World } from "../support/world.js";

test.each<[string, unknown, RegExp]>([
  ["maxMessageBytes", 0, /maxMessageBytes must be a whole number from 1 up; got 0/],
  ["maxMessageBytes", "4096", /maxMessageBytes .* got "4096"/],
  ["maxBufferedBytes", -1, /maxBufferedBytes .* got -1/],
  ["maxBufferedBytes", Number.NaN, /maxBufferedBytes .* got NaN/],
  ["maxRoomsPerClient", 1.5, /maxRoomsPerClient .* got 1.5/],
  ["maxRoomsPerClient", true, /maxRoomsPerClient .* got true/],
  ["rateLimit", { perSecond: 0, burst: 1 }, /rateLimit.perSecond .* got 0/],
  ["rateLimit", { perSecond: 1 }, /rateLimit.burst .* got undefined/],
  ["rateLimit", null, /rateLimit.perSecond .* got undefined/],
  ["heartbeat", { interval: 10, timeout: 0 }, /heartbeat.timeout must be a number above 0; got 0/],
  [
    "heartbeat",
    { interval: Number.POSITIVE_INFINITY, timeout: 10 },
    /heartbeat.interval .* Infinity/,
  ],
  ["heartbeat", null, /heartbeat must be { interval, timeout } or false; got null/],
  ["heartbeat", { intervall: 5 }, /Unknown option "intervall". Options: interval, timeout/],
  ["maxPendingHandlers", 0, /maxPendingHandlers must be a whole number from 1 up; got 0/],
  ["maxPendingHandlers", true, /maxPendingHandlers must be a whole number from 1 up; got true/],
  ["handlerTimeout", 0, /handlerTimeout must be a number above 0; got 0/],
  ["lagTimeout", 0, /lagTimeout must be a number above 0; got 0/],
  ["lagTimeout", true, /lagTimeout .* got true/],
  ["lagTimeout", "30 s", /lagTimeout .* got "30 s"/],
  ["history", { messages: 0 }, /history.messages must be a whole number from 1 up; got 0/],
  ["history", { messages: 1.5 }, /history.messages .* got 1.5/],
  ["history", { bytes: -1 }, /history.bytes must be a whole number from 1 up; got -1/],
  ["history", { bytes: "1 MiB" }, /history.bytes .* got "1 MiB"/],
  ["history", { ttl: 0 }, /history.ttl must be a number above 0; got 0/],
  ["history", { ttl: Number.POSITIVE_INFINITY }, /history.ttl .* got Infinity/],
  ["history", { newcomers: -1 }, /history.newcomers must be a whole number from 0 up; got -1/],
  ["history", { newcomers: "all" }, /history.newcomers .* got "all"/],
  ["history", { message: 5 }, /Unknown option "message". Options: messages, bytes, ttl/],
  ["history", true, /history must be .*; got true/],
  ["history", 100, /history must be .*; got 100/],
  ["history", null, /history must be .*; got null/],
  ["historyStore", {}, /historyStore.open must be a function; got undefined/],
  ["historyStore", { open() {} }, /historyStore.close must be a function; got undefined/],
  ["historyStore", 7, /historyStore.open must be a function/],
  ["presence", "all", /presence must be "members", "count" or "none"; got "all"/],
  ["presence", { show: "everybody" }, /presence.* must be .* got "everybody"/],
  ["presence", { grace: -1 }, /presence.grace .* got -1/],
  ["presence", { grace: "5 s" }, /presence.grace .* got "5 s"/],
  ["presence", { grace: Number.POSITIVE_INFINITY }, /presence.grace .* got Infinity/],
  ["presence", { shows: "count" }, /Unknown option "shows". Options: show, grace/],
  ["presence", true, /presence must be .*; got true/],
  ["presence", false, /presence must be .*; got false/],
  ["presence", null, /presence must be .*; got null/],
  ["authorize", true, /authorize must be a function; got true/],
  ["authorize", null, /authorize must be a function; got null/],
  ["logger", {}, /logger.debug must be a function; got undefined/],
  ["clock", { now: () => 0 }, /clock.setImmediate must be a function/],
  ["clock", { now: async () => 0 }, /clock.now must be a function that answers at once/],
  ["history", async () => ({}), /history must be a function that answers at once/],
  ["presence", async () => "none", /presence must be a function that answers at once/],
  [
    "historyStore",
    { open: async () => {}, close() {} },
    /historyStore.open must be a function that answers at once/,
  ],
  ["maxMesageBytes", 4096, /Unknown option "maxMesageBytes". Options: maxMessageBytes, /],
])("the option %s of %j throws, and says why", (name, value, message) => {
  const construct = () => new Hub({ [name]: value } as HubOptions);
  expect(construct).toThrow(RoomcastError);
  expect(construct).toThrow(message);
  expect(construct).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

test.each<[string, HubOptions]>([
  ["history", { history: () => ({ messages: 0 }) }],
  ["history", { history: () => true as unknown as false }],
  ["presence", { presence: () => "all" as "none" }],
  ["presence", { presence: () => ({ grace: -1 }) }],
  ["history", { history: () => Promise.resolve({}) as unknown as false }],
  ["history", { history: () => Promise.reject(new Error("later")) as unknown as false }],
  ["presence", { presence: () => Promise.resolve("none") as unknown as "none" }],
])("a function for %s that answers what cannot work lets nobody into the room", (name, options) => {
  const world = new World(options);
  const a = world.connect("Alice");
  expect(errorCode(world.ask(a, join("general")))).toBe("INTERNAL");
  expect(world.emitted("error")).toMatchObject([
    { error: { cause: { code: "INVALID_OPTION", message: expect.stringContaining(name) } } },
  ]);
  expect([world.hub.rooms.size, world.client("alice").rooms.size]).toEqual([0, 0]);
  a.cut();
  expect(world.hub.clients.size).toBe(0);
});

test("every limit may be turned off, and undefined means the default", () => {
  const limits = { maxRoomsPerClient: false, rateLimit: false, heartbeat: false } as const;
  const more = { handlerTimeout: false, lagTimeout: false, history: false } as const;
  const handlers = { maxPendingHandlers: false } as const;
  expect(() => new Hub({ ...limits, ...more, ...handlers, presence: { grace: 0 } })).not.toThrow();
  const names = ["maxMessageBytes", "history", "historyStore", "presence", "authorize"];
  const unset = Object.fromEntries(names.map((name) => [name, undefined])) as HubOptions;
  expect(() => new Hub(unset)).not.toThrow();
});

test("an options object that is changed afterwards changes nothing", () => {
  const rateLimit = { perSecond: 1, burst: 1 };
  const history = { newcomers: 1 };
  const world = new World({ rateLimit, history });
  Object.assign(rateLimit, { burst: 100 });
  Object.assign(history, { newcomers: -5 });
  const a = world.connect("Alice");
  expect(world.ask(a, join("general"))).toMatchObject([{ type: "room_info" }]);
  expect(errorCode(world.ask(a, join("general")))).toBe("RATE_LIMITED");
});

test.each<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("the log is full");
    },
  ],
  ["rejects", () => Promise.reject(new Error("the log is full"))],
])("a logger that %s harms nobody, and the console is told", async (_, log) => {
  const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
  const method = log as () => void;
  const logger = { debug: method, info: method, warn: method, error: method };
  const hub = new Hub({ logger });
  hub.on("join", () => {
    throw new Error("a listener");
  });
  const socket = MemorySocket.connect(hub, { user: { id: "alice", name: "Alice" } });
  socket.send(join("general", "j"));
  expect((await socket.next()).type).toBe("room_info");
  await new Promise(setImmediate);
  expect(console).toHaveBeenCalledWith("The logger failed.", expect.any(Error));
  console.mockRestore();
});

test.each([
  [{ id: 42 }, /user is { id: 42 }: id must be a string; write String\(id\)/],
  [{ id: "a" }, /name is missing/],
  [null, /user is null/],
])("a connection is not accepted for %j, which is no user", (user, text) => {
  const hub = new Hub();
  expect(() => MemorySocket.connect(hub, { user: user as never })).toThrow(text);
  expect(hub.clients.size).toBe(0);
});
