import type { ConnectionStatus, ConnectOptions } from "roomcast/browser";
import { describe, expect, test } from "vitest";
import type { NetworkSocket } from "../support/network.js";
import { PageWorld } from "./page-world.js";

/** A page whose first handshake hangs. */
async function hanging(options: ConnectOptions = {}) {
  const world = new PageWorld();
  const { WebSocket } = world.network;
  const hung: NetworkSocket[] = [];
  const connection = world.dial("Alice", {
    WebSocket: class extends WebSocket {
      constructor(url: string) {
        super(url);
        // It never opens by itself: the network takes what is no longer connecting for closed.
        if (hung.push(this) === 1) this.open = () => {};
      }
    },
    ...options,
  });
  const statuses: ConnectionStatus[] = [];
  connection.on("status", (status) => statuses.push(status));
  await world.quiet();
  return { world, connection, statuses, hung };
}

describe("an attempt that hangs", () => {
  test("in the handshake is given up after 20 seconds, and the next one follows", async () => {
    const { world, connection, statuses, hung } = await hanging();
    await world.pass(19_999);
    expect(connection.status.state).toBe("connecting");
    await world.pass(1);
    expect(connection.status.state).toBe("waiting");
    expect(hung[0]?.readyState).toBe(3);
    await world.pass(500);
    expect(statuses.map(({ state }) => state)).toEqual([
      "connecting",
      "waiting",
      "connecting",
      "open",
    ]);
    expect(hung).toHaveLength(2);
    expect(world.hub.clients.size).toBe(1);
  });

  test("in token() is given up after 20 seconds, and its late token is not used", async () => {
    const world = new PageWorld();
    const tokens: ((token: string) => void)[] = [];
    const token = () => new Promise<string>((resolve) => tokens.push(resolve));
    const connection = world.dial("Alice", { token });
    await world.quiet();
    await world.pass(20_000);
    expect(connection.status.state).toBe("waiting");
    tokens[0]?.("stale");
    await world.pass(500);
    tokens[1]?.("Alice");
    await world.quiet();
    expect(connection.status.state).toBe("open");
    expect(world.network.sockets.map(({ url }) => url)).toEqual(["ws://server/ws?token=Alice"]);
  });

  test("slowly does not add up: the token and the handshake have 20 seconds together", async () => {
    let give = (_: string) => {};
    const token = () => new Promise<string>((resolve) => (give = resolve));
    const { world, connection, hung } = await hanging({ token });
    await world.pass(15_000);
    give("Alice");
    await world.quiet();
    expect(hung).toHaveLength(1);
    await world.pass(5_000);
    expect(connection.status.state).toBe("waiting");
  });

  test("is replaced at once by retry()", async () => {
    const { world, connection, hung } = await hanging();
    connection.retry();
    await world.quiet();
    expect(connection.status.state).toBe("open");
    expect(hung.map(({ readyState }) => readyState)).toEqual([3, 1]);
    await world.pass(60_000);
    expect(connection.status.state).toBe("open");
    expect(hung).toHaveLength(2);
  });

  test("is replaced when the network comes back, if it has lasted 5 seconds", async () => {
    const page = new EventTarget();
    Object.assign(globalThis, { addEventListener: page.addEventListener.bind(page) });
    try {
      const { world, connection, hung } = await hanging();
      const wake = async () => {
        page.dispatchEvent(new Event("online"));
        await world.quiet();
      };
      await world.pass(4_999);
      await wake();
      expect(connection.status.state).toBe("connecting");
      expect(hung).toHaveLength(1);
      await world.pass(1);
      await wake();
      await wake();
      expect(connection.status.state).toBe("open");
      expect(hung).toHaveLength(2);
      connection.close();
    } finally {
      Reflect.deleteProperty(globalThis, "addEventListener");
    }
  });

  test("leaves nothing behind when it is closed", async () => {
    const { world, connection, hung } = await hanging();
    connection.close();
    await world.pass(1);
    expect(hung[0]?.readyState).toBe(3);
    expect(world.clock.pendingTimers).toBe(0);
  });
});

test("retry() right after connect makes one attempt", async () => {
  const world = new PageWorld();
  const connection = world.dial("Alice");
  connection.retry();
  await world.quiet();
  expect(connection.status.state).toBe("open");
  expect(world.network.sockets).toHaveLength(1);
});

test.each([
  ["null", null],
  ["a number", 7],
  ["an object", {}],
])("a token that is %s is a failed attempt, and not sent", async (_, value) => {
  const world = new PageWorld();
  const connection = world.dial("Alice", { token: () => value as unknown as string });
  const errors: unknown[] = [];
  connection.on("error", (error) => errors.push(error));
  await world.quiet();
  expect(errors).toMatchObject([
    { code: "ATTEMPT_FAILED", message: /token\(\) returns must be a string or undefined; got/ },
  ]);
  expect(connection.status.state).toBe("waiting");
  expect(world.network.sockets).toEqual([]);
});
