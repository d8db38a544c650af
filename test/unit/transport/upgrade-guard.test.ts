import type { Handshake, UpgradeOptions } from "roomcast";
import { VirtualClock } from "roomcast/testing";
import { describe, expect, test, vi } from "vitest";
import { createHandshake } from "../../../src/transport/handshake.js";
import { UpgradeGuard } from "../../../src/transport/upgrade-guard.js";

const alice = { id: "alice", name: "Alice" };

function guarding(options: UpgradeOptions) {
  const clock = new VirtualClock();
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const refused: number[] = [];
  const emit = (_: string, { status }: { handshake: Handshake; status: number }) => {
    refused.push(status);
  };
  const host = { clock, logger, isClosing: false, emit };
  const guard = new UpgradeGuard(host, { maxConnections: 1, maxConnectionsPerIp: 1, ...options });
  return { clock, host, guard, refused };
}

const request = createHandshake("/ws?token=t", {}, "192.0.2.1");

describe("a place is given back where the request that held it is refused, because authenticate", () => {
  test.each<[string, number, UpgradeOptions["authenticate"]]>([
    [
      "throws",
      401,
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", 401, async () => Promise.reject(new Error("no"))],
    ["returns nothing", 401, () => undefined],
    ["returns no user", 401, () => ({ id: "" }) as never],
    ["is late", 503, () => new Promise(() => {})],
  ])("%s", async (_, status, first) => {
    const authenticate = vi.fn(first);
    const { clock, guard, refused } = guarding({ authenticate });
    const admission = guard.admit(request);
    if (status === 503) clock.advance(10_000);
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
