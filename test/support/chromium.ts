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

/**
 * What the browser leaves off. Each window loads two pages for its address bar, which nobody sees here:
 * they take more than twice as long as the chat's page. A spare process for a page to come is not used.
 */
const NOT_NEEDED = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess"];

/** What Playwright has it leave off; only the last list counts, so this has to be in it. */
const PLAYWRIGHT_OMITS = [
  "AimEnabled",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  "ThirdPartyStoragePartitioning",
];

/** Starts the browser. */
export function launchChromium(): Promise<Browser> {
  const off = [...PLAYWRIGHT_OMITS, ...NOT_NEEDED].join(",");
  return chromium.launch({
    executablePath: path,
    args: ["--no-sandbox", "--disable-gpu", `--disable-features=${off}`],
  });
}

function isCi(): boolean {
  const value = process.env["CI"];
  return value !== undefined && value !== "" && value !== "false" && value !== "0";
}
