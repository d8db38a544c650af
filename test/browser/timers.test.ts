import { expect, test } from "vitest";
import { steady } from "../../src/browser/timers.js";

test("a connection's own timers keep a process alive, and can be taken back", () => {
  const systemTimers = steady();
  const handle = systemTimers.setTimeout(() => {}, 60_000) as NodeJS.Timeout;
  expect(handle.hasRef()).toBe(true);
  systemTimers.clearTimeout(handle);
  systemTimers.clearTimeout(undefined);
  expect(Math.abs(systemTimers.now() - Date.now())).toBeLessThan(1_000);
});
