import type { HubOptions, Logger } from "roomcast";
import { Hub, UpgradeGuard } from "roomcast";
import { MemorySocket, VirtualClock } from "roomcast/testing";
import { describe, expect, test, vi } from "vitest";
import { createHandshake } from "../../src/transport/handshake.js";

/** A hub nobody listens to, and what its logger got. */
function site(options: HubOptions = {}) {
  const clock = new VirtualClock();
  const method = () => vi.fn<(...data: unknown[]) => void>();
  const logger = { debug: method(), info: method(), warn: method(), error: method() };
  const hub = new Hub({ clock, logger: logger satisfies Logger, rateLimit: false, ...options });
  return { clock, hub, logger, socket: MemorySocket.connect(hub) };
}

const throwing = (text: string) => () => {
  throw new Error(text);
};

describe("what strangers can cause at will is logged once a second, with the number in between:", () => {
  test("a handler's failures, for each type of message", () => {
    const { clock, hub, logger, socket } = site();
    for (const type of ["draw", "erase"]) hub.handle(type, throwing("no"));
    for (let count = 0; count < 50; count++) {
      for (const type of ["draw", "erase"]) socket.send({ type });
    }
    expect(logger.error.mock.calls).toMatchObject([
      [{ code: "HANDLER_FAILED", message: 'The handler for "draw" failed.' }],
      [{ code: "HANDLER_FAILED", message: 'The handler for "erase" failed.' }],
    ]);
    clock.advance(1_000);
    for (let count = 0; count < 50; count++) socket.send({ type: "draw" });
    expect(logger.error).toHaveBeenCalledTimes(3);
    expect(logger.error.mock.lastCall).toMatchObject([{}, "(49 more since the last report.)"]);
  });

  test("a listener's failures, of `error` too", () => {
    const { hub, logger, socket } = site();
    hub.on("message", throwing("no"));
    for (let count = 0; count < 50; count++) socket.send({ type: "ping" });
    expect(logger.error).toHaveBeenCalledTimes(1);
    hub.on("error", throwing("no, either"));
    for (let count = 0; count < 50; count++) socket.send({ type: "ping" });
    expect(logger.error).toHaveBeenCalledTimes(2);
  });

  test("broken connections, as `debug`", () => {
    const { hub, logger } = site();
    const socket = { bufferedAmount: 0, write() {}, close() {}, terminate() {} };
    for (let count = 0; count < 50; count++) hub.accept(socket).error(new Error("reset"));
    expect(logger.debug).toHaveBeenCalledTimes(1);
    expect(logger.error).not.toHaveBeenCalled();
  });

  test("refused upgrades, for each status", async () => {
    const { clock, hub, logger } = site();
    const guard = new UpgradeGuard(hub, { authenticate: () => undefined });
    const refused = vi.fn();
    hub.on("refused", refused);
    const knock = async () => {
      for (let count = 0; count < 50; count++) await guard.admit(createHandshake("/", {}, "::1"));
    };
    await knock();
    clock.advance(1_000);
    await knock();
    expect(logger.info.mock.calls).toMatchObject([
      ["Upgrade refused", { status: 401 }],
      ["Upgrade refused", { status: 401, more: 49 }],
    ]);
    expect(refused).toHaveBeenCalledTimes(100);
  });

  test("errors with more texts than are told apart", () => {
    const { hub, logger, socket } = site();
    for (let count = 0; count < 500; count++) {
      hub.handle(`t${count}`, throwing("no"));
      socket.send({ type: `t${count}` });
    }
    expect(logger.error).toHaveBeenCalledTimes(101);
  });
});

test("listeners of `error` hear of every error", () => {
  const { hub, socket } = site();
  const heard = vi.fn();
  hub.on("error", heard);
  hub.handle("draw", throwing("no"));
  for (let count = 0; count < 50; count++) socket.send({ type: "draw" });
  expect(heard).toHaveBeenCalledTimes(50);
});
