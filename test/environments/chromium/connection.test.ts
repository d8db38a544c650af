import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasChromium } from "../../support/chromium.js";
import { BUILD_TIMEOUT, buildPackage, Example } from "../../support/example.js";
import { afterwards, Remote } from "../../support/net.js";
import { TcpProxy } from "../../support/proxy.js";
import { enter, line, member, say, Visitors } from "../../support/visitors.js";
import { Site } from "./site.js";

const NIGHT = 8 * 60 * 60_000;

describe.skipIf(!hasChromium())("a connection in the browser", () => {
  let visitors: Visitors;
  let chat: Example;
  /** The network between Ada and the chat. */
  let network: TcpProxy;

  beforeAll(async () => {
    await buildPackage();
    [visitors, chat] = await Promise.all([Visitors.start(), Example.start("chat")]);
  }, BUILD_TIMEOUT);

  beforeEach(async () => {
    network = await TcpProxy.start(chat.port);
  });

  afterEach(async () => {
    expect(await visitors.dismiss()).toEqual([]);
    network.stop();
  });

  afterAll(async () => {
    await visitors?.stop();
    await chat?.stop();
  });

  /** Ben comes first, and is never in trouble; Ada comes over the network. */
  async function meet(room: string, context: BrowserContext): Promise<{ ada: Page; ben: Page }> {
    const ben = await enter(await visitors.invite(), "Ben", room, chat.url);
    const ada = await enter(context, "Ada", room, network.url);
    await line(ben, "Ada joined").waitFor();
    return { ada, ben };
  }

  /** All at once, as when a laptop is opened. */
  async function wakeTenTimes(page: Page): Promise<void> {
    await page.evaluate(`for (let count = 0; count < 10; count++) {
      document.dispatchEvent(new Event("visibilitychange"));
      dispatchEvent(new Event("pageshow"));
      dispatchEvent(new Event("online"));
    }`);
  }

  /** Whatever would still come has come, once they have talked. */
  async function talk(one: Page, other: Page): Promise<void> {
    await say(one, "Are you there?");
    await line(other, "Are you there?").waitFor();
    await say(other, "Here I am");
    await line(one, "Here I am").waitFor();
  }

  it.each([
    ["right after await", 0],
    ["200 ms later", 200],
  ])("hears all that comes right behind the answer to a join, listening %s", async (_, delay) => {
    const site = await Site.start({});
    afterwards(() => site.stop());
    site.hub.on("join", ({ room }) => {
      for (let n = 1; n <= 40; n++) void room.broadcast("welcome", n);
    });
    const page = await (await visitors.invite()).newPage();
    await page.goto(site.url);
    const heard = await page.evaluate(`(async () => {
      const { connect } = await import("/roomcast.js");
      const connection = connect("/ws", { token: () => "Ada" });
      return Promise.all(Array.from({ length: 20 }, async (_, n) => {
        const heard = [];
        const room = await connection.join("greeting-" + n);
        if (${delay} > 0) await new Promise((resolve) => setTimeout(resolve, ${delay}));
        room.on("gap", () => heard.push("gap"));
        await new Promise((resolve) => room.on("welcome", ({ payload }) => {
          if (heard.push(payload) === 40) resolve();
        }));
        // A message that is doubled would come before the answer.
        await room.request("online_users", { room_id: room.id });
        return heard;
      }));
    })()`);
    const all = Array.from({ length: 40 }, (_, n) => n + 1);
    expect(heard).toEqual(Array.from({ length: 20 }, () => all));
  });

  it("is back the moment the browser is online, and sends what was written meanwhile", async () => {
    const context = await visitors.invite();
    await context.clock.install();
    const { ada, ben } = await meet("offline", context);
    // No timer fires from now on: whatever brings it back, it is not the next attempt.
    await context.clock.pauseAt(Date.now() + 10_000);
    await context.setOffline(true);
    network.cut();
    await ada.getByText(/The connection is lost\..*Next try in \d+ s/s).waitFor();
    await say(ada, "One, from the tunnel");
    await say(ada, "Two, from the tunnel");
    await line(ada, "Two, from the tunnel").getByText("Sending").waitFor();

    network.restore();
    await context.setOffline(false);
    await line(ada, "Two, from the tunnel").getByText("Delivered").waitFor();
    await line(ben, "Two, from the tunnel").waitFor();
    expect(await line(ben, "from the tunnel").allInnerTexts()).toMatchObject([/One/, /Two/]);
    expect(await line(ben, "Ada left").count()).toBe(0);
    expect(network.upgrades).toHaveLength(2);
  });

  it("tells the writer when it was offline for too long", async () => {
    const context = await visitors.invite();
    await context.clock.install();
    const { ada, ben } = await meet("tunnel", context);
    network.cut();
    await ada.getByText("The connection is lost.").waitFor();
    await say(ada, "Too late");
    await context.clock.fastForward(31_000);
    await line(ada, "Too late").getByText("There was no connection for too long.").waitFor();

    // No timer fires from now on: it is the button that brings it back, not the next attempt. The last
    // one, which the jump in time set off, must have failed before the network is there again.
    await context.clock.pauseAt(Date.now() + 120_000);
    await ada.getByText(/Next try in \d+ s/).waitFor();
    network.restore();
    await ada.getByRole("button", { name: "Try now" }).dispatchEvent("click");
    await line(ada, "You are back").waitFor();
    await ada.getByRole("button", { name: "Send again" }).dispatchEvent("click");
    await line(ben, "Too late").waitFor();
    expect(await line(ben, "Too late").count()).toBe(1);
  });

  it("keeps two tabs of one person one member, over a break of both", async () => {
    const context = await visitors.invite();
    await context.clock.install();
    const { ada, ben } = await meet("two-tabs", context);
    const second = await enter(context, "Ada", "two-tabs", network.url);
    // No timer fires from now on: neither tab is back before it is asked to.
    await context.clock.pauseAt(Date.now() + 10_000);
    network.cut();
    for (const tab of [ada, second]) await tab.getByText("The connection is lost.").waitFor();
    await member(ben, "Ada").getByText("reconnecting").waitFor();

    network.restore();
    for (const tab of [ada, second]) {
      await tab.getByRole("button", { name: "Try now" }).dispatchEvent("click");
      await line(tab, "You are back").waitFor();
    }
    await talk(ada, ben);
    await line(second, "Are you there?").getByText("You", { exact: true }).waitFor();
    expect(await member(ben, "Ada").count()).toBe(1);
    expect(await member(ben, "Ada").getByText("reconnecting").count()).toBe(0);
    for (const news of ["Ada joined", "Ada lost the connection", "Ada is back"]) {
      expect(await line(ben, news).count()).toBe(1);
    }
    expect(await line(ben, "Ada left").count()).toBe(0);
  });

  it("asks for a new token each time, and is who the token says", async () => {
    const page = await (await visitors.invite()).newPage();
    await page.goto(network.url);
    await page.evaluate(`(async () => {
      const { connect } = await import("/roomcast.js");
      let count = 0;
      const token = async () => "Token " + ++count;
      const connection = connect(location.origin.replace("http", "ws") + "/ws", { token });
      globalThis.room = await connection.join("tokens");
      globalThis.rejoined = new Promise((resolve) => room.on("members", resolve));
    })()`);
    expect(await page.evaluate("room.members")).toEqual([{ id: "token-1", name: "Token 1" }]);
    network.cut();
    network.restore();
    // Whoever lost the connection is waited for.
    expect(await page.evaluate("rejoined")).toMatchObject([
      { id: "token-2", name: "Token 2" },
      { id: "token-1", name: "Token 1" },
    ]);
    expect(network.upgrades).toEqual(["/ws?token=Token%201", "/ws?token=Token%202"]);
  });

  it("connects once when a page that slept wakes up, however often it is told", async () => {
    const ada = await enter(await visitors.invite(), "Ada", "nap", network.url);
    const ben = await Remote.open(chat.socketUrl("/ws?token=Ben"));
    await ben.ask({ type: "join_room", payload: { room_id: "nap" } });
    await visitors.sleep();
    network.cut();
    network.restore();
    visitors.wake();
    await wakeTenTimes(ada);
    await line(ada, "You are back").waitFor();
    await say(ada, "Good morning");
    await ben.until("new_message");
    expect(await line(ada, "You are back").count()).toBe(1);
    expect(network.upgrades).toHaveLength(2);
  });

  it("connects once when a laptop wakes up whose line is dead", async () => {
    const context = await visitors.invite();
    await context.clock.install();
    const { ada, ben } = await meet("night", context);
    network.goDead();
    await context.clock.fastForward(NIGHT);
    await wakeTenTimes(ada);
    // The line looks open. It is asked, does not answer, and is given up within twenty seconds.
    await context.clock.runFor(19_000);
    expect(await ada.getByText("The connection is lost.").count()).toBe(0);
    expect(network.upgrades).toHaveLength(1);
    await context.clock.runFor(2_000);
    await line(ada, "You are back").waitFor();
    await talk(ada, ben);
    expect(network.upgrades).toHaveLength(2);
  });
});
