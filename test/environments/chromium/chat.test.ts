import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { hasChromium } from "../../support/chromium.js";
import { BUILD_TIMEOUT, buildPackage, Example } from "../../support/example.js";
import {
  composer,
  enter,
  introduce,
  line,
  member,
  members,
  say,
  Visitors,
} from "../../support/visitors.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

beforeAll(buildPackage, BUILD_TIMEOUT);

/** Somebody without a page, who is in a room until the chat stops. */
async function join(chat: Example, name: string, room: string): Promise<void> {
  const socket = new WebSocket(chat.socketUrl(`/ws?token=${encodeURIComponent(name)}`));
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "join_room", payload: { room_id: room } }));
  await once(socket, "message");
}

/** What axe-core finds wrong with a page as it is now: the rules that it breaks, and where. */
async function barriers(page: Page): Promise<string[]> {
  // The page's security policy forbids scripts of others: this one comes from the debugger, once.
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe);
  return page.evaluate<
    string[]
  >(`Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {})))
    .then(() => axe.run())
    .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" ")))`);
}

describe("the chat server", () => {
  let chat: Example;
  const sockets: WebSocket[] = [];

  beforeAll(async () => {
    chat = await Example.start("chat");
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await expect.poll(online).toBe(0);
  });

  afterAll(async () => {
    await chat?.stop();
  });

  async function connect(name: string): Promise<WebSocket> {
    const socket = new WebSocket(chat.socketUrl(`/ws?token=${encodeURIComponent(name)}`));
    sockets.push(socket);
    await once(socket, "open");
    return socket;
  }

  /** The HTTP status that an upgrade is refused with. */
  async function refusal(path: string, headers: Record<string, string> = {}): Promise<number> {
    const socket = new WebSocket(chat.socketUrl(path), { headers });
    socket.on("error", () => {});
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    response.resume();
    socket.terminate();
    return response.statusCode ?? 0;
  }

  async function online(): Promise<number> {
    const response = await fetch(`${chat.url}/ws/online`);
    expect(response.headers.get("content-type")).toBe("application/json");
    return ((await response.json()) as { online: number }).online;
  }

  /** The status of a path as it stands, which `fetch` would tidy up first. */
  async function statusOf(path: string, method = "GET"): Promise<number> {
    const asked = request(chat.url, { path, method }).end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode ?? 0;
  }

  it("prints one line, with its address", () => {
    expect(chat.output).toMatch(/^Chat is at http:\/\/localhost:\d+\n$/);
  });

  it("lets nobody in without a name", async () => {
    expect(await refusal("/ws")).toBe(401);
    expect(await refusal("/ws?token=")).toBe(401);
    expect(await refusal("/ws?token=%20%09%20")).toBe(401);
    expect(await refusal("/ws?token=%E2%80%8B")).toBe(401);
  });

  it("lets no page of another site in", async () => {
    expect(await refusal("/ws?token=Ada", { origin: "https://elsewhere.example" })).toBe(403);
    expect(await refusal("/ws?token=Ada", { origin: "null" })).toBe(403);
  });

  it("has WebSockets at one path only", async () => {
    expect(await refusal("/elsewhere?token=Ada")).toBe(404);
  });

  it("takes one name for one user, however it is spelt", async () => {
    for (const name of ["Ada Lovelace", " ada   LOVELACE ", "ada\u0000 love\u202elace"]) {
      await connect(name);
    }
    expect(await online()).toBe(1);
  });

  it("cuts a name to 32 characters", async () => {
    const socket = await connect("x".repeat(100));
    socket.send(JSON.stringify({ type: "join_room", payload: { room_id: "general" } }));
    const [data] = (await once(socket, "message")) as [Buffer];
    expect(JSON.parse(data.toString()).payload.users).toEqual([
      { id: "x".repeat(32), name: "x".repeat(32) },
    ]);
  });

  it("counts the users who are online, not their connections", async () => {
    expect(await online()).toBe(0);
    await connect("Ada");
    await connect("Ada");
    const ben = await connect("Ben");
    expect(await online()).toBe(2);
    ben.close();
    await expect.poll(online).toBe(1);
  });

  it("serves the page, its parts and nothing else", async () => {
    const page = await fetch(chat.url);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self';");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    const parts = [...(await page.text()).matchAll(/(?:href|src)="([\w./]+)"/g)];
    expect(parts.length).toBeGreaterThan(2);
    for (const [, part] of parts) expect(await statusOf(`/${part}`)).toBe(200);

    expect(await statusOf("/?room=lobby")).toBe(200);
    expect(await statusOf("/", "HEAD")).toBe(200);
    expect(await statusOf("/elsewhere")).toBe(404);
    expect(await statusOf("/../server.js")).toBe(404);
    expect(await statusOf("//")).toBe(404);
    expect(await statusOf("/", "POST")).toBe(405);
  });

  it("says so in one line when its port is taken, or is none", async () => {
    expect(await Example.runToEnd("chat", String(chat.port))).toEqual({
      code: 1,
      output: `Port ${chat.port} is taken: set PORT to another one.\n`,
    });
    expect(await Example.runToEnd("chat", "high")).toEqual({
      code: 1,
      output: "PORT must be from 0 to 65535.\n",
    });
  });

  it.each(["SIGTERM", "SIGINT"] as const)("stops cleanly on %s, with clients", async (signal) => {
    const own = await Example.start("chat");
    const socket = new WebSocket(own.socketUrl("/ws?token=Ada"));
    await once(socket, "open");
    socket.send('{"type":"join_room","payload":{"room_id":"lobby"}}');
    socket.send('{"type":"typing","room":"lobby"}');
    // Leaves a connection open behind it.
    await (await fetch(own.url)).text();

    const closed = once(socket, "close") as Promise<[number]>;
    const exit = await own.stop(signal);
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(exit.took).toBeLessThan(3_000);
    expect((await closed)[0]).toBe(1001);
    expect(own.output).toBe(`Chat is at ${own.url}\n`);
  });
});

describe.skipIf(!hasChromium())("the chat page", () => {
  let visitors: Visitors;
  let chat: Example;

  beforeAll(async () => {
    [visitors, chat] = await Promise.all([Visitors.start(), Example.start("chat")]);
  });

  afterEach(async () => {
    expect(await visitors.dismiss()).toEqual([]);
  });

  afterAll(async () => {
    await visitors?.stop();
    await chat?.stop();
  });

  it("lets two people see each other and talk", async () => {
    const { ada, ben } = await visitors.meet("talk", chat.url);
    expect(await members(ada).allInnerTexts()).toHaveLength(2);
    expect(await members(ben).allInnerTexts()).toHaveLength(2);

    await say(ada, "Good morning");
    await line(ben, "Good morning").getByText("Ada").waitFor();
    await say(ben, "And to you");
    await line(ada, "And to you").getByText("Ben").waitFor();
  });

  it("marks an own message as delivered when the server has it", async () => {
    const context = await visitors.invite();
    // Holds back what the server says to messages, until it is let go.
    const held: (() => void)[] = [];
    await context.routeWebSocket(/\/ws/, (near) => {
      const far = near.connectToServer();
      far.onMessage((data) => {
        if (String(data).includes('"ack"')) held.push(() => near.send(data));
        else near.send(data);
      });
    });
    const ada = await enter(context, "Ada", "acks", chat.url);
    await say(ada, "Is this on?");
    await line(ada, "Is this on?").getByText("Sending").waitFor();
    await expect.poll(() => held.length).toBe(1);
    held[0]?.();
    await line(ada, "Is this on?").getByText("Delivered").waitFor();
  });

  it("says readably what went wrong with a message, and sends it again", async () => {
    const context = await visitors.invite();
    let isRefusing = true;
    await context.routeWebSocket(/\/ws/, (near) => {
      const far = near.connectToServer();
      near.onMessage((data) => {
        const message = JSON.parse(String(data));
        if (message.type !== "send_message" || !isRefusing) far.send(data);
        else {
          const payload = { code: "RATE_LIMITED", message: "Too many messages; slow down." };
          near.send(JSON.stringify({ type: "error", id: message.id, payload }));
        }
      });
    });
    const ada = await enter(context, "Ada", "errors", chat.url);
    await say(ada, "Again and again");
    await line(ada, "Again and again").getByText("That was too fast. Wait a moment.").waitFor();
    isRefusing = false;
    await ada.getByRole("button", { name: "Send again" }).click();
    await line(ada, "Again and again").getByText("Delivered").waitFor();
    expect(await line(ada, "Again and again").count()).toBe(1);
  });

  it("shows who is typing, until they stop", async () => {
    const { ada, ben } = await visitors.meet("typing", chat.url);
    const shown = ben.getByRole("status").filter({ hasText: "Ada is typing" });
    expect(await shown.count()).toBe(0);
    await composer(ada).pressSequentially("Well");
    await shown.waitFor();
    await composer(ada).fill("");
    await shown.waitFor({ state: "hidden" });

    await composer(ada).pressSequentially("Well then");
    await shown.waitFor();
    await composer(ada).press("Enter");
    await line(ben, "Well then").waitFor();
    await shown.waitFor({ state: "hidden" });
  });

  it("shows markup as the text that it is", async () => {
    const { ada, ben } = await visitors.meet("markup", chat.url);
    const markup = `<script>document.title = "mine"</script><img src=x onerror="alert(1)">`;
    await say(ada, markup);
    for (const page of [ada, ben]) {
      await line(page, markup).waitFor();
      expect(await page.locator("#logs :is(script, img)").count()).toBe(0);
      expect(await page.title()).toBe("# markup");
    }
  });

  it("takes two tabs of one person for one member", async () => {
    const { ada, ben } = await visitors.meet("tabs", chat.url);
    const second = await enter(ada.context(), "Ada", "tabs", chat.url);
    await member(second, "Ben").waitFor();
    expect(await member(ben, "Ada").count()).toBe(1);

    await say(ada, "From my first tab");
    await line(second, "From my first tab").getByText("You").waitFor();
    await second.close();
    await say(ada, "Still here");
    await line(ben, "Still here").waitFor();
    expect(await member(ben, "Ada").count()).toBe(1);
    expect(await line(ben, "Ada left").count()).toBe(0);

    await ada.getByRole("button", { name: "Leave" }).click();
    await line(ben, "Ada left").waitFor();
    await member(ben, "Ada").waitFor({ state: "detached" });
  });

  it("has several rooms at once, and counts what was not read", async () => {
    const { ada, ben } = await visitors.meet("first", chat.url);
    const rooms = ada.getByRole("navigation", { name: "Rooms" });
    await rooms.getByLabel("Join a room").fill("# Second  Room");
    await rooms.getByLabel("Join a room").press("Enter");
    await ada.getByRole("heading", { name: "# second-room" }).waitFor();

    await say(ben, "One");
    await say(ben, "Two");
    await rooms.getByRole("button", { name: "first" }).getByText("2").waitFor();
    expect(await ada.title()).toBe("(2) # second-room");
    await rooms.getByRole("button", { name: "first" }).click();
    await line(ada, "Two").waitFor();
    expect(await ada.title()).toBe("# first");

    await ada.getByRole("button", { name: "Leave" }).click();
    await line(ben, "Ada left").waitFor();
    await ada.getByRole("heading", { name: "# second-room" }).waitFor();
    expect(await rooms.getByRole("listitem").count()).toBe(1);
  });

  it("stays away when it was refused for good, until it is asked", async () => {
    const context = await visitors.invite();
    let connections = 0;
    await context.routeWebSocket(/\/ws/, (near) => {
      connections++;
      if (connections === 1) near.close({ code: 4500, reason: "You were shown out." });
      else near.connectToServer();
    });
    const page = await context.newPage();
    await page.goto(chat.url);
    await page.getByLabel("Your name").fill("Ada");
    await page.getByRole("button", { name: "Enter" }).click();
    await page.getByText("The connection is closed: You were shown out.").waitFor();
    await say(page, "Hello?");
    await line(page, "Hello?").getByText("You are not connected.").waitFor();
    expect(connections).toBe(1);
    await page.getByRole("button", { name: "Try now" }).click();
    await member(page, "Ada").waitFor();
    await page.getByRole("button", { name: "Send again" }).click();
    await line(page, "Hello?").getByText("Delivered").waitFor();
    await page
      .getByText("The connection is closed: You were shown out.")
      .waitFor({ state: "hidden" });
  });

  it("notices a line that went dead", async () => {
    const context = await visitors.invite();
    let connections = 0;
    await context.routeWebSocket(/\/ws/, (near) => {
      const isDead = ++connections === 1;
      near.connectToServer().onMessage((data) => {
        if (!isDead || !String(data).includes('"pong"')) near.send(data);
      });
    });
    await context.clock.install();
    const page = await enter(context, "Ada", "dead-line", chat.url);
    // It asks for a sign of life…
    await context.clock.runFor(26_000);
    expect(connections).toBe(1);
    // …and when none comes, connects anew.
    await context.clock.runFor(22_000);
    await line(page, "You are back").waitFor();
    expect(connections).toBe(2);
  });

  it("has its session and its messages again after a reload", async () => {
    const { ada, ben } = await visitors.meet("reload", chat.url);
    await say(ada, "Before");
    await say(ben, "Me too");
    await line(ada, "Me too").waitFor();
    await ada.reload();
    await member(ada, "Ben").waitFor();
    await ada.getByRole("heading", { name: "# reload" }).waitFor();
    await line(ada, "Me too").getByText("Ben").waitFor();
    expect(await line(ada, "Before").getByText("Delivered").count()).toBe(1);
    expect(await line(ada, "missed").count()).toBe(0);
    expect(await ada.title()).toBe("# reload");
    await say(ben, "Still here");
    await line(ada, "Still here").waitFor();
  });

  it("shows a newcomer the last messages", async () => {
    const { ada, ben } = await visitors.meet("newcomer", chat.url);
    await say(ada, "First");
    await say(ben, "Second");
    await line(ada, "Second").waitFor();
    const cleo = await enter(await visitors.invite(), "Cleo", "newcomer", chat.url);
    await line(cleo, "Second").waitFor();
    expect(await line(cleo, "First").count()).toBe(1);
    expect(await line(cleo, "You are back").count()).toBe(0);
  });

  it("keeps its lists in place whatever people are called", async () => {
    const { ada, ben } = await visitors.meet("names", chat.url);
    const long = "W".repeat(32);
    for (const name of [long, "Guest 11", "Guest 2", "عمر"]) await join(chat, name, "names");
    await expect.poll(() => members(ada).count()).toBe(6);
    const overflow =
      "document.querySelector('#member-list').scrollWidth - document.querySelector('#member-list').clientWidth";
    expect(await ada.evaluate<number>(overflow)).toBe(0);
    expect(await member(ada, "you").getByText("you").isVisible()).toBe(true);
    expect(await ben.locator("#member-list .member-name").allInnerTexts()).toEqual([
      "Ben",
      "Ada",
      "Guest 2",
      "Guest 11",
      long,
      "عمر",
    ]);
    // Who came one after the other is one line of the log.
    await line(ada, "others joined").waitFor();
    expect(await line(ada, "joined").count()).toBe(1);

    await say(ben, "مرحبا");
    await line(ada, "مرحبا").locator(".bubble p:dir(rtl)").waitFor();
  });

  it("has nothing that keeps anybody out, at either width", async () => {
    for (const width of [1280, 390]) {
      const context = await visitors.invite({ viewport: { width, height: 844 } });
      const page = await context.newPage();
      await page.goto(`${chat.url}/?room=barriers-${width}`);
      expect(await barriers(page)).toEqual([]);
      await introduce(page, "Ada");
      await join(chat, "W".repeat(32), `barriers-${width}`);
      await say(page, "Hello");
      await line(page, "Hello").getByText("Delivered").waitFor();
      expect(await barriers(page)).toEqual([]);
      if (width > 720) continue;
      await page.getByRole("button", { name: "Members", exact: true }).click();
      expect(await barriers(page)).toEqual([]);
    }
  });

  it("fits on a phone", async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const page = await enter(await visitors.invite(phone), "Ada", "phone", chat.url);
    await say(page, `A long one: ${"wwwwwwwwww".repeat(20)}`);
    await line(page, "A long one").getByText("Delivered").waitFor();
    for (let count = 1; count <= 20; count++) await say(page, `Message ${count}`);
    await line(page, "Message 20").getByText("Delivered").waitFor();

    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(390);
    const box = await composer(page).boundingBox();
    expect(box).not.toBeNull();
    expect((box?.x ?? 0) + (box?.width ?? 999)).toBeLessThanOrEqual(390);
    expect((box?.y ?? 0) + (box?.height ?? 999)).toBeLessThanOrEqual(844);

    await page.getByRole("button", { name: "Rooms", exact: true }).tap();
    await page.getByLabel("Join a room").fill("another");
    await page.getByLabel("Join a room").press("Enter");
    await page.getByRole("heading", { name: "# another" }).waitFor();
    await page.getByRole("button", { name: "Members", exact: true }).tap();
    await member(page, "Ada").waitFor();
    await page.keyboard.press("Escape");
    await member(page, "Ada").waitFor({ state: "hidden" });
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(390);
  });
});
