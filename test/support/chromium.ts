import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const path = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/**
 * Whether the browser tests can run. Where they cannot, one line says so; under `CI` they fail
 * instead, because there nobody would notice.
 */
export function hasChromium(): boolean {
  if (existsSync(path)) return true;
  const reason = `there is no Chromium at ${path} (the environment variable CHROMIUM says where)`;
  if (isCi()) throw new Error(`The browser tests cannot run: ${reason}.`);
  process.stderr.write(`Skipped the browser tests: ${reason}.\n`);
  return false;
}

/** Starts the browser. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

function isCi(): boolean {
  const value = process.env["CI"];
  return value !== undefined && value !== "" && value !== "false" && value !== "0";
}
