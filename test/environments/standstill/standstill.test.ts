import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Hub } from "roomcast";
import { serve } from "roomcast/ws";
import { beforeAll, describe, expect, test } from "vitest";
import { BUILD_TIMEOUT, buildPackage } from "../../support/example.js";
import { afterwards, closeAfterwards, Remote, startServer } from "../../support/net.js";

/** Runs a program of this folder until the test ends; what it prints is kept. */
async function start(file: string, ...args: string[]) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  afterwards(() => child.kill("SIGKILL"));
  const lines: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    lines.push(...text.trim().split("\n"));
  });
  await once(child.stdout, "data");
  return { child, lines };
}

/** Has a process stand still, and then go on for as long as its heartbeat takes to give a verdict. */
async function standStill(child: ChildProcess, seconds: number): Promise<void> {
  child.kill("SIGSTOP");
  await sleep(seconds * 1_000);
  child.kill("SIGCONT");
  await sleep(1_500);
}

describe.runIf(process.platform === "linux").each([1, 5])(
  "a process stopped for %d s",
  (seconds) => {
    beforeAll(buildPackage, BUILD_TIMEOUT);

    test("as a server, cuts no client that answers, and finds the one that vanished", async () => {
      const { child, lines } = await start("server.js");
      const url = `ws://127.0.0.1:${lines[0]}/`;
      const remotes = await Promise.all(Array.from({ length: 5 }, () => Remote.open(url)));
      await sleep(500);
      await standStill(child, seconds);
      expect(lines.slice(1)).toEqual([]);
      remotes[0]?.pause();
      await expect
        .poll(() => lines.slice(1))
        .toEqual([expect.stringMatching(/^gone: 1006 It was silent/)]);
    });

    test("as a page, keeps a connection to a server that answers", async () => {
      const hub = closeAfterwards(new Hub());
      const { server, port } = await startServer();
      serve(hub, server);
      const { child, lines } = await start("page.js", `ws://127.0.0.1:${port}/`);
      await expect.poll(() => lines).toContain("open");
      await sleep(500);
      await standStill(child, seconds);
      expect([lines, hub.clients.size]).toEqual([["connecting", "open"], 1]);
    });
  },
);
