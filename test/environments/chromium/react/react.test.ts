import { createRequire } from "node:module";
import type { ConsoleMessage, Page } from "playwright-core";
import type { Hub, HubOptions } from "roomcast";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasChromium } from "../../../support/chromium.js";
import { afterwards, Remote } from "../../../support/net.js";
import { Visitors } from "../../../support/visitors.js";
import { Site } from "../site.js";
import { bundlePage } from "./bundle.js";

const HTML = `<!doctype html><title>React</title><link rel="icon" href="data:,">
<body><script>var fetchToken = () => new Promise((resolve) => { letIn = () => resolve("Ada"); });</script><script type="module" src="react.js"></script>`;

/** How many messages the server sends right behind each answer to a join. */
const GREETING = 40;

describe.skipIf(!hasChromium())("React in the browser, in StrictMode", () => {
  let visitors: Visitors;
  let code: string;
  /** All that the page wrote on its console. */
  const written: string[] = [];

  beforeAll(async () => {
    [visitors, code] = await Promise.all([Visitors.start(), bundlePage("browser")]);
  });

  afterEach(async () => {
    expect(await visitors.dismiss()).toEqual([]);
    expect(written.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await visitors?.stop();
  });

  /** A hub that greets whoever joins, and a page that shows nothing yet. */
  async function open(options: HubOptions = { history: { newcomers: 5 } }) {
    const authorize = (_: unknown, __: unknown, room: string) => room !== "locked";
    const site = await Site.start({ presence: { grace: 0 }, authorize, ...options });
    afterwards(() => site.stop());
    site.files.set("/react.html", HTML).set("/react.js", code);
    const { hub } = site;
    const greeted = { times: 0, room: "" };
    const left: string[] = [];
    hub.on("join", ({ client, room }) => {
      if (client.user.id !== "ada") return;
      greeted.times++;
      greeted.room = room.id;
      say(hub, room.id, GREETING);
    });
    hub.on("leave", ({ client, room }) => left.push(`${client.user.id} ${room.id}`));
    const context = await visitors.invite();
    context.on("console", (message: ConsoleMessage) => {
      if (!message.text().includes("React DevTools")) written.push(message.text());
    });
    const page = await context.newPage();
    await page.goto(`${site.url}/react.html`);
    return { site, hub, page, greeted, left };
  }

  function say(hub: Hub, room: string, count: number): void {
    for (let n = 1; n <= count; n++) void hub.room(room).broadcast("new_message", n);
  }

  const shown = (page: Page) => page.locator("ol > li").allInnerTexts();
  const members = (page: Page) => page.locator("ul > li").allInnerTexts();

  /** Waits until the page shows the last position of a room; returns all that it shows. */
  async function read(page: Page, hub: Hub, room: string): Promise<number[]> {
    const { seq = 0 } = hub.room(room).position ?? {};
    await expect.poll(async () => (await shown(page)).at(-1)).toBe(String(seq));
    return (await shown(page)).map(Number);
  }

  const range = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  describe.each([
    // It leaves and joins again: the second time it is shown the last five, too.
    { name: "the hook of the docs", way: "hook", joins: 2, first: GREETING - 4 },
    // The second handle is there when the first one goes.
    { name: "a handle kept as state", way: "state", joins: 1, first: 1 },
  ])("$name", ({ way, joins, first }) => {
    it("shows what comes right behind the answer to join, and later, once and in order", async () => {
      const { hub, page, greeted } = await open();
      await page.evaluate(`show("lab", "${way}"); letIn()`);
      await expect.poll(() => greeted.room).toBe("lab");
      expect(await read(page, hub, "lab")).toEqual(range(1, GREETING));
      say(hub, "lab", 10);
      expect(await read(page, hub, "lab")).toEqual(range(1, GREETING + 10));
      expect(greeted.times).toBe(1);
    });

    it("does so where the connection was open, and joins are sent at once", async () => {
      const { hub, page, greeted, left } = await open();
      await page.evaluate("letIn(), opened");
      await page.evaluate(`show("lab", "${way}")`);
      await expect.poll(() => greeted.times).toBe(joins);
      expect(await read(page, hub, "lab")).toEqual(range(first, joins * GREETING));
      expect(left).toHaveLength(joins - 1);
    });

    it("leaves the room when it is unmounted", async () => {
      const { hub, page, left } = await open();
      await page.evaluate(`show("lab", "${way}"); letIn()`);
      await expect.poll(() => shown(page)).toHaveLength(GREETING);
      await page.evaluate("show()");
      await expect.poll(() => left).toEqual(["ada lab"]);
      expect(hub.rooms.size).toBe(0);
      expect(await shown(page)).toEqual([]);
    });

    it("leaves the room and joins another when the room changes", async () => {
      const { hub, page, greeted, left } = await open();
      await page.evaluate(`show("lab", "${way}"); letIn()`);
      await expect.poll(() => shown(page)).toHaveLength(GREETING);
      await page.evaluate(`show("attic", "${way}")`);
      await expect.poll(() => greeted.room).toBe("attic");
      say(hub, "lab", 3);
      say(hub, "attic", 1);
      expect(await read(page, hub, "attic")).toEqual(range(1, GREETING + 1));
      expect(left).toEqual(["ada lab"]);
      expect([...hub.rooms.keys()]).toEqual(["attic"]);
    });
  });

  describe("the hook of the docs", () => {
    it("shows the members", async () => {
      const { page, site } = await open();
      await page.evaluate('show("lab"); letIn()');
      await expect.poll(() => members(page)).toEqual(["Ada"]);
      const ben = await Remote.open(site.socketUrl("Ben"));
      await ben.ask({ type: "join_room", payload: { room_id: "lab" } });
      await expect.poll(() => members(page)).toEqual(["Ada", "Ben"]);
      ben.ws.close();
      await expect.poll(() => members(page)).toEqual(["Ada"]);
    });

    it("shows why the server does not let it in, or takes it out", async () => {
      const { hub, page } = await open();
      await page.evaluate('show("locked"); letIn()');
      await expect.poll(() => page.locator("p").allInnerTexts()).toEqual(["FORBIDDEN"]);
      await page.evaluate('show("lab")');
      await expect.poll(() => shown(page)).toHaveLength(GREETING);
      expect(await page.locator("p").count()).toBe(0);
      void hub.revoke("ada", "lab");
      await expect.poll(() => page.locator("p").allInnerTexts()).toEqual(["FORBIDDEN"]);
    });

    it("shows where messages are missing", async () => {
      const { hub, page, site, left } = await open({ history: false });
      const ben = await Remote.open(site.socketUrl("Ben"));
      await ben.ask({ type: "join_room", payload: { room_id: "lab" } });
      await page.evaluate('show("lab"); letIn()');
      await expect.poll(() => shown(page)).toHaveLength(GREETING);
      await page.evaluate("connection.reconnect()");
      await expect.poll(() => left).toEqual(["ada lab"]);
      say(hub, "lab", 2);
      await page.evaluate("letIn()");
      await expect.poll(() => shown(page)).toHaveLength(2 * GREETING + 1);
      expect((await shown(page)).slice(GREETING - 1, GREETING + 2)).toEqual([
        "40",
        '{"from":41,"to":42}',
        "43",
      ]);
    });
  });
});

describe("React on a server", () => {
  it("renders a room without messages and members, and makes no connection", async () => {
    const module = { exports: {} as { render(id: string): string } };
    const code = await bundlePage("node");
    new Function("module", "exports", "require", code)(
      module,
      module.exports,
      createRequire(import.meta.url),
    );
    expect(module.exports.render("lab")).toBe("<main><ol></ol><ul></ul></main>");
  });
});
