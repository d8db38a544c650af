import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, inject, it } from "vitest";

const { bare, withPeers } = inject("installed");
const run = promisify(execFile);

/** The values that each entry has; everything else that it exports is a type. */
const NAMES = {
  core: [
    "Client",
    "CloseCode",
    "ERROR_CODES",
    "Hub",
    "MemoryHistory",
    "Room",
    "RoomcastError",
    "UpgradeGuard",
    "UserHandle",
  ],
  testing: ["MemorySocket", "VirtualClock"],
  simulation: ["simulate"],
  ws: ["accept", "attach", "handshakeFrom", "serve"],
  uws: ["attach"],
  websocket: ["accept", "handshakeFrom"],
  browser: ["Connection", "ConnectionError", "ConnectionRoom", "connect"],
};

describe.each([
  ["ESM", "mjs", 'import("roomcast/ws")'],
  ["CommonJS", "cjs", 'require("roomcast/ws")'],
])("the installed package, as %s", (_, extension, importWs) => {
  describe("with nothing else installed", () => {
    let report: Record<string, unknown>;
    beforeAll(async () => {
      report = await exercise(bare, `bare.${extension}`);
    });

    it("has the names that it promises", () => {
      const { ws: _needsWs, ...names } = NAMES;
      expect(report["exports"]).toEqual(names);
    });

    it("runs a hub", () => {
      expect(report["bobGot"]).toEqual([["Alice", "hi"]]);
      expect(report["aliceGot"]).toEqual(["m1"]);
    });

    it("simulates a hub", () => {
      expect(report["simulated"]).toBe("no failure");
    });

    it("connects a page to a hub, over standard WebSockets", () => {
      expect(report["pageGot"]).toEqual([expect.stringMatching(/\w/)]);
    });
  });

  it("says that ws is missing where roomcast/ws is imported without it", async () => {
    const failure = run(process.execPath, ["--eval", importWs], { cwd: bare });
    await expect(failure).rejects.toThrow(/Cannot find (module|package) 'ws'/);
  });

  describe("with ws and uWebSockets.js", () => {
    let report: Record<string, unknown>;
    beforeAll(async () => {
      report = await exercise(withPeers, `with-peers.${extension}`);
    });

    it("has the names that it promises", () => {
      expect(report["exports"]).toEqual(NAMES);
    });

    it("has one copy of each class, whatever entry it is met through", () => {
      expect(report["sharedClasses"]).toBe(true);
      expect(report["sharedErrors"]).toBe("INVALID_OPTION");
    });

    it("serves a hub over the network, by either", () => {
      expect(report["wsGot"]).toEqual(["Alice"]);
      expect(report["uwsGot"]).toEqual(["Alice"]);
    });
  });
});

/** Runs a program in an installed folder; what it reported. */
async function exercise(cwd: string, program: string): Promise<Record<string, unknown>> {
  const { stdout } = await run(process.execPath, [program], { cwd, timeout: 30_000 });
  return JSON.parse(stdout);
}
