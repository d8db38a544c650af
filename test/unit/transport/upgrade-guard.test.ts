import { type Handshake, RoomcastError, type UpgradeOptions } from "roomcast";
import { VirtualClock } from "roomcast/testing";
import { describe, expect, test, vi } from "vitest";
import { createHandshake } from "../../../src/transport/handshake.js";
import { UpgradeGuard } from "../../../src/transport/upgrade-guard.js";

const alice = { id: "alice", name: "Alice" };

function guarding(options: UpgradeOptions) {
  const clock = new VirtualClock();
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const refused: number[] = [];
  const errors: RoomcastError[] = [];
  const emit = (_: string, { status }: { handshake: Handshake; status: number }) => {
    refused.push(status);
  };
  const report = (error: RoomcastError) => {
    errors.push(error);
  };
  const host = { clock, logger, isClosing: false, emit, report };
  const guard = new UpgradeGuard(host, { maxConnections: 1, maxConnectionsPerIp: 1, ...options });
  return { clock, host, guard, refused, errors };
}

const request = createHandshake("/ws?token=t", {}, "192.0.2.1");
const never = new Promise<never>(() => {});
const throwing = (error: unknown) => () => {
  throw error;
};

describe("a place is given back where the request that held it is refused, because authenticate", () => {
  test.each<[string, number, UpgradeOptions["authenticate"]]>([
    ["throws", 503, throwing(new Error("no"))],
    ["rejects", 503, async () => Promise.reject(new Error("no"))],
    ["throws UNAUTHORIZED", 401, throwing(new RoomcastError("UNAUTHORIZED", "no"))],
    ["throws FORBIDDEN", 403, throwing(new RoomcastError("FORBIDDEN", "no"))],
    ["returns nothing", 401, () => undefined],
    ["returns no user", 503, () => ({ id: "" }) as never],
    ["is late", 503, () => never],
  ])("%s", async (_, status, first) => {
    const authenticate = vi.fn(first);
    const { clock, guard, refused } = guarding({ authenticate });
    const admission = guard.admit(request);
    clock.advance(10_000);
    expect(await admission).toMatchObject({ isAdmitted: false, status });
    authenticate.mockImplementation(() => alice);
    expect(await guard.admit(request)).toMatchObject({ isAdmitted: true, user: alice });
    expect(await guard.admit(request)).toMatchObject({ status: 429 });
    guard.release(request.ip);
    expect(await guard.admit(request)).toMatchObject({ isAdmitted: true });
    expect(refused).toEqual([status, 429]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("answers after the hub began to close", async () => {
    const { host, guard } = guarding({ authenticate: async () => alice });
    const admission = guard.admit(request);
    host.isClosing = true;
    expect(await admission).toMatchObject({ status: 503 });
    host.isClosing = false;
    expect(await guard.admit(request)).toMatchObject({ isAdmitted: true });
  });
});

describe("a decision of authenticate is told to the client, and is no error", () => {
  const coded = (code: string) => Object.assign(new Error("not a RoomcastError"), { code });
  test.each<[number, string, UpgradeOptions["authenticate"]]>([
    [401, "nothing", () => undefined],
    [401, "null", async () => null],
    [401, "false", () => false as never],
    [401, "an error with the code UNAUTHORIZED", throwing(coded("UNAUTHORIZED"))],
    [401, "a rejection with it", () => Promise.reject(coded("UNAUTHORIZED"))],
    [403, "an error with the code FORBIDDEN", throwing(coded("FORBIDDEN"))],
    [403, "a rejection with it", async () => Promise.reject(coded("FORBIDDEN"))],
  ])("%i for %s", async (status, _, authenticate) => {
    const { guard, errors } = guarding({ authenticate });
    const refusal = await guard.admit(request);
    expect(refusal).toMatchObject({ isAdmitted: false, status });
    expect(refusal).not.toHaveProperty("headers.Retry-After");
    expect(refusal).not.toHaveProperty("text", "This origin may not connect.");
    expect(errors).toEqual([]);
  });
});

describe("an outage of the application's code is 503 with an error event, and no verdict:", () => {
  const cause = new TypeError("the database is away");
  test.each<[string, UpgradeOptions, object]>([
    ["authenticate throws", { authenticate: throwing(cause) }, { code: "HANDLER_FAILED", cause }],
    [
      "authenticate rejects",
      { authenticate: () => Promise.reject(cause) },
      { code: "HANDLER_FAILED", cause },
    ],
    ["authenticate rejects with nothing", { authenticate: () => Promise.reject() }, {}],
    ["authenticate is late", { authenticate: () => never }, { code: "HANDLER_TIMEOUT" }],
    ["origins throws", { origins: throwing(cause) }, { code: "HANDLER_FAILED", cause }],
  ])("%s", async (_, options, error) => {
    const { clock, guard, errors, refused } = guarding(options);
    const admission = guard.admit(createHandshake("/", { origin: "https://a.example" }, "::1"));
    // What rejects already is heard before the time is up.
    await new Promise(setImmediate);
    clock.advance(10_000);
    expect(await admission).toMatchObject({ status: 503, headers: { "Retry-After": "5" } });
    expect(errors).toMatchObject([error]);
    expect(refused).toEqual([503]);
  });

  test("told once a second, with the number of those in between", async () => {
    const { clock, guard, errors } = guarding({ authenticate: throwing(cause) });
    for (let n = 0; n < 20; n++) {
      await guard.admit(request);
      clock.advance(100);
    }
    await guard.admit(request);
    expect(errors.map(({ message }) => message.match(/\((\d+) more/)?.[1])).toEqual([
      undefined,
      "9",
      "9",
    ]);
    expect(errors[0]?.message).toBe(
      "authenticate threw TypeError. The upgrade was answered with 503.",
    );
  });

  test.each([
    Object.assign(new Error("expired"), { name: "JWTExpired", code: "ERR_JWT_EXPIRED" }),
    Object.assign(new Error("bad"), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" }),
    Object.assign(new Error("bad"), { name: "JsonWebTokenError" }),
    Object.assign(new Error("expired"), { name: "TokenExpiredError" }),
  ])("with what to do about a token library's error ($name)", async (error) => {
    const { guard, errors } = guarding({ authenticate: throwing(error) });
    expect(await guard.admit(request)).toMatchObject({ status: 503 });
    expect(errors[0]?.message).toMatch(/throw new RoomcastError\("UNAUTHORIZED"/);
  });
});

describe("what is no user is 503, with an error event that says why:", () => {
  test.each<[unknown, string]>([
    [{ id: 42 }, "{ id: 42 }: id must be a string; write String(id)"],
    [{ id: 42n, name: "A" }, '{ id: 42, name: "A" }: id must be a string; write String(id)'],
    [{ id: "", name: "A" }, '{ id: "", name: "A" }: id must not be empty'],
    [{ id: null, name: "A" }, '{ id: null, name: "A" }: id must be a string'],
    [{ id: "a" }, '{ id: "a" }: name is missing; it must be a string'],
    [{ id: "a", name: 1 }, '{ id: "a", name: 1 }: name must be a string'],
    [{ user: alice, secret: "s" }, "an object: id must be a string"],
    ["alice", "a string: it must be an object { id, name }"],
    [true, "boolean true: it must be an object { id, name }"],
    [[alice], "an array: it must be an object { id, name }"],
    [7, "number 7: it must be an object { id, name }"],
    [() => alice, "a function: it must be an object { id, name }"],
  ])("%o", async (answer, text) => {
    for (const authenticate of [() => answer, async () => answer]) {
      const { guard, errors } = guarding({ authenticate: authenticate as never });
      expect(await guard.admit(request)).toMatchObject({ isAdmitted: false, status: 503 });
      expect(errors.map(({ message }) => message)).toEqual([
        `authenticate returned ${text}. The upgrade was answered with 503.`,
      ]);
      expect(errors).toMatchObject([{ code: "HANDLER_FAILED" }]);
    }
  });
});
