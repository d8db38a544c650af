import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { BUILD_TIMEOUT, buildPackage } from "../../support/example.js";

beforeAll(buildPackage, BUILD_TIMEOUT);

test("a process with a heap of 64 MB lives through one client that fills the history of all rooms", async () => {
  const program = fileURLToPath(new URL("server.js", import.meta.url));
  const args = ["--max-old-space-size=64", program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout.trim()).toBe("lives");
});
