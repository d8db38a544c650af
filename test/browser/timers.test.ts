import { expect, test } from "vitest";
import { systemTimers } from "../../src/browser/timers.js";

test("a connection's own timers keep a process alive, and can be taken back", () => {
  const handle = systemTimers.setTimeout(() => {}, 60_000) as NodeJS.Timeout;
  expect(handle.hasRef()).toBe(true);
  systemTimers.clearTimeout(handle);
  systemTimers.clearTimeout(undefined);
  expect(Math.abs(systemTimers.now() - Date.now())).toBeLessThan(1_000);
});
