import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, inject, it } from "vitest";

const { bare, withWs } = inject("installed");
const run = promisify(execFile);

describe.each([
  ["ESM", "mjs"],
  ["CommonJS", "cjs"],
])("the installed package, as %s", (_, extension) => {
  it("runs a hub with nothing else installed", async () => {
    const report = await exercise(bare, `bare.${extension}`);
    expect(report["bobGot"]).toEqual([["Alice", "hi"]]);
    expect(report["aliceGot"]).toEqual(["m1"]);
  });

  it("says that ws is missing where roomcast/ws is imported without it", async () => {
    const failure = exercise(bare, `with-ws.${extension}`);
    await expect(failure).rejects.toThrow(/Cannot find (module|package) 'ws'/);
  });

  describe("with ws", () => {
    let report: Record<string, unknown>;
    beforeAll(async () => {
      report = await exercise(withWs, `with-ws.${extension}`);
    });

    it("has the names that it promises", () => {
      expect(report["exports"]).toEqual({
        core: ["Client", "CloseCode", "Hub", "Room", "RoomcastError", "UserHandle"],
        testing: ["MemorySocket", "VirtualClock"],
        adapter: ["attach", "serve"],
      });
    });

    it("has one copy of each class, whatever entry it is met through", () => {
      expect(report["sharedClasses"]).toBe(true);
      expect(report["sharedErrors"]).toBe("INVALID_OPTION");
    });

    it("serves a hub over the network", () => {
      expect(report["wireGot"]).toBe("room_info");
    });
  });
});

/** Runs a program in an installed folder; what it reported. */
async function exercise(cwd: string, program: string): Promise<Record<string, unknown>> {
  const { stdout } = await run(process.execPath, [program], { cwd, timeout: 30_000 });
  return JSON.parse(stdout);
}
