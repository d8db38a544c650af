import { Hub, RoomcastError, UpgradeGuard, type UpgradeOptions } from "roomcast";
import { VirtualClock } from "roomcast/testing";
import { describe, expect, test, vi } from "vitest";
import { createHandshake } from "../../../src/transport/handshake.js";
import { handshakeFrom } from "../../../src/transport/request.js";

const alice = { id: "alice", name: "Alice" };

function guarding(options: UpgradeOptions) {
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => warnings.push(text) };
  const hub = new Hub({ clock, logger });
  const refused: number[] = [];
  const errors: RoomcastError[] = [];
  hub.on("refused", ({ status }) => refused.push(status));
  hub.on("error", ({ error }) => errors.push(error));
  const guard = new UpgradeGuard(hub, { maxConnections: 1, maxConnectionsPerIp: 1, ...options });
  return { clock, hub, guard, refused, errors, warnings };
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
    const held = await guard.admit(request);
    expect(held).toMatchObject({ isAdmitted: true, user: alice, handshake: request });
    expect(await guard.admit(request)).toMatchObject({ status: 429 });
    if (held.isAdmitted) held.release();
    const next = await guard.admit(request);
    expect(next).toMatchObject({ isAdmitted: true });
    if (next.isAdmitted) next.release();
    expect(refused).toEqual([status, 429]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("answers after the hub began to close", async () => {
    const { hub, guard, refused } = guarding({ authenticate: async () => alice });
    const admission = guard.admit(request);
    void hub.close();
    expect(await admission).toMatchObject({ status: 503 });
    expect(await guard.admit(request)).toMatchObject({ status: 503 });
    expect(refused).toEqual([503, 503]);
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
    [
      "origins rejects",
      { origins: () => Promise.reject(cause) },
      { code: "HANDLER_FAILED", cause },
    ],
    ["origins is late", { origins: () => never }, { code: "HANDLER_TIMEOUT" }],
  ])("%s", async (_, options, error) => {
    const { clock, guard, errors, refused } = guarding(options);
    const admission = guard.admit(
      createHandshake("/", { origin: "https://a.example", host: "a.example" }, "::1"),
    );
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

describe("by default pages of the host that they connect to may connect:", () => {
  const ask = (origin: string | undefined, host: string, isSecure = false) =>
    guarding({ maxConnections: 2 }).guard.admit(
      createHandshake("/", { origin, host }, "192.0.2.1", isSecure),
    );

  test.each<[string, string]>([
    ["https://example.org", "example.org"],
    ["https://example.org", "example.org:443"],
    ["http://example.org", "example.org:80"],
    ["https://example.org:443", "example.org"],
    ["https://example.org:8443", "example.org:8443"],
    ["https://EXAMPLE.org", "example.ORG"],
    ["http://localhost:5173", "localhost:5173"],
    ["http://[::1]:3000", "[::1]:3000"],
  ])("%s at %s", async (origin, host) => {
    expect(await ask(origin, host)).toMatchObject({ isAdmitted: true });
  });

  test.each<[string, string]>([
    ["https://example.org", "example.org:80"],
    ["http://example.org", "example.org:443"],
    ["https://example.org", "example.org:8443"],
    ["https://evil.example", "example.org"],
    ["https://example.org.evil.example", "example.org"],
    ["https://sub.example.org", "example.org"],
    ["http://localhost:5173", "localhost:3000"],
    ["null", "null"],
    ["capacitor://localhost", "localhost"],
    ["chrome-extension://abc", "abc"],
    ["https://user@example.org", "example.org"],
    ["https://example.org/", "example.org"],
    ["https://example.org", "user@example.org"],
    ["https://example.org", "example.org/x"],
    ["nonsense", "nonsense"],
    ["", "example.org"],
    ["https://example.org", ""],
  ])("not %s at %s", async (origin, host) => {
    expect(await ask(origin, host)).toMatchObject({ isAdmitted: false, status: 403 });
  });

  test("a program that sends no origin may", async () => {
    expect(await ask(undefined, "example.org")).toMatchObject({ isAdmitted: true });
  });

  test("a page without TLS may not where the request came by TLS; behind a proxy both may", async () => {
    expect(await ask("http://example.org:8443", "example.org:8443", true)).toMatchObject({
      status: 403,
    });
    expect(await ask("https://example.org", "example.org", true)).toMatchObject({
      isAdmitted: true,
    });
    expect(await ask("https://example.org", "example.org", false)).toMatchObject({
      isAdmitted: true,
    });
  });
});

describe("origins", () => {
  const ask = (origins: UpgradeOptions["origins"], origin: string, options: object = {}) =>
    guarding({ maxConnections: 2, origins, ...options }).guard.admit(
      createHandshake("/", { origin, host: "api.example" }, "192.0.2.1"),
    );

  test.each<[string, string]>([
    ["https://example.org", "https://example.org"],
    ["https://example.org:443", "https://example.org"],
    ["http://example.org:80", "http://example.org"],
    ["HTTPS://Example.ORG", "https://example.org"],
    ["https://münchen.example", "https://xn--mnchen-3ya.example"],
    ["http://localhost:5173", "http://localhost:5173"],
    ["capacitor://localhost", "capacitor://localhost"],
    ["file://", "file://"],
    ["null", "null"],
  ])("with the entry %s let in %s", async (entry, origin) => {
    expect(await ask([entry], origin)).toMatchObject({ isAdmitted: true });
    expect(await ask([entry], "https://evil.example")).toMatchObject({ status: 403 });
  });

  test('"all" lets in every page', async () => {
    for (const origin of ["https://evil.example", "null", "nonsense"]) {
      expect(await ask("all", origin)).toMatchObject({ isAdmitted: true });
    }
  });

  test.each<[unknown, RegExp]>([
    [[], /origins must not be an empty list/],
    ["*", /origins must be "same", a list of origins, a function or "all"; got "\*"/],
    [["*"], /origins\[0\] must be .*write origins: "all"; got "\*"/],
    [["same"], /origins\[0\] must be .*write origins: "same"/],
    [["https://a.example", "https://*.example.org"], /origins\[1\] must be .*write a function/],
    [["https://example.org/chat"], /without a path; got "https:\/\/example.org\/chat"/],
    [["https://example.org/"], /without a path/],
    [["https://example.org?x"], /without a path/],
    [["example.org"], /with its scheme; got "example.org"/],
    [["localhost:5173"], /with its scheme/],
    [["wss://example.org"], /begins with http: or https:/],
    [["https://"], /an origin as browsers send it/],
    [["https://a b"], /an origin as browsers send it/],
    [["https://user@example.org"], /an origin as browsers send it/],
    [[""], /an origin as browsers send it/],
    [[undefined], /got undefined/],
    [[/example/], /origins\[0\] must be an origin as browsers send it/],
    [true, /origins must be "same"/],
    [null, /origins must be "same"/],
  ])("that can never match are refused at once: %o", (origins, text) => {
    const make = () => guarding({ origins: origins as never });
    expect(make).toThrow(text);
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  test.each<[unknown, boolean]>([
    [true, true],
    [false, false],
    [1, false],
    ["yes", false],
    [undefined, false],
    [{}, false],
  ])("as a function say yes by true alone: %o", async (answer, isAdmitted) => {
    for (const origins of [() => answer, async () => answer]) {
      expect(await ask(origins as never, "https://a.example")).toMatchObject({ isAdmitted });
    }
  });

  test("as an async function are waited for, and nobody is let in by a hub that closes meanwhile", async () => {
    const { hub, guard } = guarding({ origins: async () => true });
    const admission = guard.admit(createHandshake("/", { origin: "https://a.example" }, "::1"));
    void hub.close();
    expect(await admission).toMatchObject({ status: 503 });
  });

  test("refused for the first time are warned of with what to write, ten in a process at most", async () => {
    const { guard, warnings } = guarding({});
    const from = (origin: string) =>
      guard.admit(createHandshake("/", { origin, host: "api.example" }, "192.0.2.1"));
    const before = warnings.length;
    for (let n = 0; n < 30; n++) {
      await from(`http://Localhost:${5000 + n}`);
      await from(`http://Localhost:${5000 + n}`);
    }
    expect(warnings.length - before).toBeLessThanOrEqual(10);
    expect(new Set(warnings).size).toBe(warnings.length);
  });
});

test("a refused origin is warned of with the origin, the host and the line to write", async () => {
  vi.resetModules();
  const { Hub, UpgradeGuard } = await import("roomcast");
  const warn = vi.fn();
  const hub = new Hub({ logger: { debug() {}, info() {}, warn, error() {} } });
  const guard = new UpgradeGuard(hub);
  const from = (origin: string) =>
    guard.admit(createHandshake("/", { origin, host: "localhost:3000" }, "192.0.2.1"));
  for (let n = 0; n < 12; n++) await from(`http://Localhost:${5000 + n}`);
  await from("http://Localhost:5000");
  expect(warn).toHaveBeenCalledTimes(10);
  expect(warn.mock.calls[0]?.[0]).toBe(
    'Pages of the origin "http://Localhost:5000" may not connect to the host "localhost:3000". To let them in, write origins: ["http://localhost:5000"], with the origins of all other pages that may connect.',
  );
});

describe("an admission", () => {
  test("gives its place back by itself where nothing comes of it", async () => {
    const { clock, guard } = guarding({});
    expect(await guard.admit(request)).toMatchObject({ isAdmitted: true, user: undefined });
    clock.advance(9_999);
    expect(await guard.admit(request)).toMatchObject({ status: 429 });
    clock.advance(1);
    expect(await guard.admit(request)).toMatchObject({ isAdmitted: true });
  });

  test("gives one place back, however often it is released", async () => {
    const { guard } = guarding({ maxConnections: 2, maxConnectionsPerIp: 2 });
    const first = await guard.admit(request);
    await guard.admit(request);
    for (let n = 0; n < 3; n++) if (first.isAdmitted) first.release();
    expect(await guard.admit(request)).toMatchObject({ isAdmitted: true });
    expect(await guard.admit(request)).toMatchObject({ status: 429 });
  });

  test("is claimed once, and not after it was released", async () => {
    const { guard, clock } = guarding({ maxConnections: 9, maxConnectionsPerIp: 9 });
    const [one, two, three] = [
      await guard.admit(request),
      await guard.admit(request),
      await guard.admit(request),
    ];
    if (!one.isAdmitted || !two.isAdmitted || !three.isAdmitted) throw new Error("refused");
    one.claim();
    expect(() => one.claim()).toThrow(/The admission was used before/);
    two.release();
    expect(() => two.claim()).toThrow(/The admission was released/);
    clock.advance(10_000);
    expect(() => three.claim()).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringMatching(/released/),
      }),
    );
  });

  test("tells authenticate of the request that admit was given", async () => {
    const authenticate = vi.fn((_: unknown, raw: { session: { user: typeof alice } }) => {
      return raw.session.user;
    });
    const guard = new UpgradeGuard(new Hub(), { authenticate });
    const raw = { session: { user: alice } };
    expect(await guard.admit(request, raw)).toMatchObject({ isAdmitted: true, user: alice });
    expect(authenticate).toHaveBeenCalledWith(request, raw);
  });
});

describe("clientIp", () => {
  const behindProxy = (forwarded: string) =>
    createHandshake("/", { "x-forwarded-for": forwarded }, "10.0.0.1");
  const last = ({ headers }: { headers: Readonly<Record<string, string | undefined>> }) =>
    headers["x-forwarded-for"]?.split(",").at(-1)?.trim() ?? "";

  test("is the address that a connection counts for", async () => {
    const { guard, errors } = guarding({ maxConnections: 9, clientIp: last });
    const from = (forwarded: string) => guard.admit(behindProxy(forwarded));
    expect(await from("192.0.2.1")).toMatchObject({ isAdmitted: true });
    expect(await from("spoofed, 192.0.2.1")).toMatchObject({ status: 429 });
    expect(await from("192.0.2.2")).toMatchObject({ isAdmitted: true });
    expect(await from("2001:db8::1")).toMatchObject({ isAdmitted: true });
    expect(errors).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["throws", throwing(new Error("no header"))],
    ["returns nothing", () => undefined],
    ["returns rubbish", () => "unknown"],
    ["returns an address with a port", () => "192.0.2.1:1234"],
    ["returns no such address", () => "192.0.2.256"],
    ["returns a number", () => 42],
    ["returns a promise", () => Promise.reject(new Error("later"))],
  ])("that %s is reported once, and the transport's address counts", async (_, clientIp) => {
    const { guard, errors } = guarding({ maxConnections: 9, clientIp: clientIp as () => string });
    expect(await guard.admit(behindProxy("192.0.2.1"))).toMatchObject({ isAdmitted: true });
    expect(await guard.admit(behindProxy("192.0.2.2"))).toMatchObject({ status: 429 });
    expect(errors).toMatchObject([
      { code: "HANDLER_FAILED", message: expect.stringMatching(/^clientIp threw/) },
    ]);
  });

  test("that is async is refused at construction", () => {
    expect(() => guarding({ clientIp: (async () => "192.0.2.1") as never })).toThrow(
      /clientIp must be a function that answers at once/,
    );
  });
});

describe("maxConnectionsPerIp", () => {
  const from = (ip: string) => createHandshake("/ws", {}, ip);

  test.each([
    ["one line's many addresses of IPv6", ["2001:db8:1:2::7", "2001:db8:1:2:ffff::8"]],
    ["an address in another spelling", ["2001:db8::1", "2001:0DB8:0000:0000:0000:0000:0000:0001"]],
    ["IPv4 that is mapped into IPv6", ["192.0.2.7", "::ffff:192.0.2.7"]],
    ["a link's address with and without its zone", ["fe80::1%eth0", "fe80::1"]],
  ])("counts as one %s, also where clientIp tells them", async (_, ips) => {
    const clientIp: UpgradeOptions["clientIp"] = ({ headers }) => headers["x-real-ip"] ?? "";
    const asSeen = guarding({ maxConnections: 10 }).guard;
    const asTold = guarding({ maxConnections: 10, clientIp }).guard;
    for (const [index, ip] of ips.entries()) {
      const told = createHandshake("/ws", { "x-real-ip": ip }, "192.0.2.1");
      const answer = index === 0 ? { isAdmitted: true } : { status: 429 };
      expect(await asSeen.admit(from(ip))).toMatchObject(answer);
      expect(await asTold.admit(told)).toMatchObject(answer);
    }
  });

  test("counts another /64 as another line", async () => {
    const { guard } = guarding({ maxConnections: 10 });
    for (const ip of ["2001:db8:1:2::7", "2001:db8:1:3::7", "192.0.2.7"]) {
      expect(await guard.admit(from(ip))).toMatchObject({ isAdmitted: true });
    }
  });
});

describe("authenticate that takes its time", () => {
  test("is waited for by 1,000 requests at once; more get 503, and the errors are told once a second", async () => {
    let answer = () => {};
    const answered = new Promise<typeof alice>((resolve) => {
      answer = () => resolve(alice);
    });
    const authenticate = vi.fn(() => answered);
    const limits = { maxConnections: undefined, maxConnectionsPerIp: undefined };
    const { guard, errors, refused } = guarding({ ...limits, authenticate });
    const admissions = Array.from({ length: 1_000 }, () => guard.admit(request));
    for (let count = 0; count < 10; count++) {
      const refusal = await guard.admit(request);
      expect(refusal).toMatchObject({ status: 503, headers: { "Retry-After": "5" } });
    }
    expect([authenticate.mock.calls.length, refused.length]).toEqual([1_000, 10]);
    expect(errors).toMatchObject([
      { code: "HANDLER_TIMEOUT", message: expect.stringContaining("1000 requests waited") },
    ]);
    answer();
    for (const admission of await Promise.all(admissions)) expect(admission.isAdmitted).toBe(true);
    expect(await guard.admit(request)).toMatchObject({ isAdmitted: true });
  });

  test("has ended for a request that is refused for its lateness", async () => {
    const { clock, guard } = guarding({
      maxConnections: 5_000,
      maxConnectionsPerIp: 5_000,
      authenticate: () => never,
    });
    const admissions = Array.from({ length: 1_000 }, () => guard.admit(request));
    clock.advance(10_000);
    for (const late of await Promise.all(admissions)) expect(late).toMatchObject({ status: 503 });
    let isAnswered = false;
    void guard.admit(request).then(() => {
      isAnswered = true;
    });
    await new Promise(setImmediate);
    expect(isAnswered).toBe(false);
  });
});

test("a standard request's signal is the handshake's", () => {
  const { signal } = new AbortController();
  const standard = new Request("http://example.org/ws", { signal });
  expect(handshakeFrom(standard).signal).toBe(standard.signal);
  expect(request.signal.aborted).toBe(false);
  expect(request.signal).toBe(request.signal);
});
