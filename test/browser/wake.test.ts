import { afterEach, expect, test, vi } from "vitest";
import { ScriptedServer } from "./scripted.js";

afterEach(() => vi.unstubAllGlobals());

test("a page that is shown connects at once, and one that is hidden does not", async () => {
  const page = Object.assign(new EventTarget(), {
    visibilityState: "hidden",
    baseURI: "http://x/",
  });
  vi.stubGlobal("document", page);
  const server = new ScriptedServer();
  const connection = server.connect();
  await server.quiet();
  server.line.end(1006);
  await server.quiet();
  expect(connection.status.state).toBe("waiting");
  page.dispatchEvent(new Event("visibilitychange"));
  await server.quiet();
  expect(server.lines).toHaveLength(1);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  await server.quiet();
  expect(server.lines).toHaveLength(2);
  connection.close();
});
