import type { BrowserContext, Page } from "playwright-core";
import type { Hub, HubOptions } from "roomcast";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasChromium } from "../../support/chromium.js";
import { BUILD_TIMEOUT, buildPackage, Example } from "../../support/example.js";
import { afterwards, nextEvent, Remote } from "../../support/net.js";
import { TcpProxy } from "../../support/proxy.js";
import { enter, line, member, say, Visitors } from "../../support/visitors.js";
import { Site } from "./site.js";

const MISSED = "Some messages were missed while you were away.";
const PERHAPS_MISSED = "The server lost its history: messages may have been missed.";

/** What a connection does until it is up. */
const STARTED = ["connecting", "open"];

/** What the library told a page, with milliseconds. */
interface Told {
  readonly name: string;
  readonly at: number;
  readonly event: { readonly state?: string; readonly delay?: number; readonly code?: unknown };
}

describe.skipIf(!hasChromium())("recovery in the browser", () => {
  let visitors: Visitors;

  beforeAll(async () => {
    await buildPackage();
    visitors = await Visitors.start();
  }, BUILD_TIMEOUT);

  afterEach(async () => {
    expect(await visitors.dismiss()).toEqual([]);
  });

  afterAll(async () => {
    await visitors?.stop();
  });

  async function networkTo(port: number): Promise<TcpProxy> {
    const network = await TcpProxy.start(port);
    afterwards(() => network.stop());
    return network;
  }

  describe("of the chat", () => {
    let chat: Example;

    beforeAll(async () => {
      chat = await Example.start("chat");
    });

    afterAll(async () => {
      await chat?.stop();
    });

    /** Ben, who sees all that the server tells him. */
    async function listener(room: string): Promise<Remote> {
      const ben = await Remote.open(chat.socketUrl("/ws?token=Ben"));
      await ben.ask({ type: "join_room", payload: { room_id: room } });
      return ben;
    }

    /** What Ben is told up to the next message, but for typing. */
    async function upToMessage(ben: Remote): Promise<string[]> {
      const types: string[] = [];
      while (types.at(-1) !== "new_message") {
        const { type } = await ben.next();
        if (type !== "user_typing") types.push(type);
      }
      return types;
    }

    async function tell(ben: Remote, room: string, content: string): Promise<void> {
      await ben.ask({ type: "send_message", room, payload: { content } });
    }

    /** From now on the page does not come back before it is asked to. */
    async function holdStill(context: BrowserContext): Promise<void> {
      await context.clock.pauseAt(Date.now() + 10_000);
    }

    async function comeBack(page: Page): Promise<void> {
      await page.getByRole("button", { name: "Try now" }).dispatchEvent("click");
      await line(page, "You are back").waitFor();
    }

    /** All messages that are shown, in order. */
    function shown(page: Page): Promise<string[]> {
      return page.locator(".message .bubble p").allInnerTexts();
    }

    it("shows what was said while the line was broken, once, and nobody saw it break", async () => {
      const network = await networkTo(chat.port);
      const context = await visitors.invite();
      await context.clock.install();
      const ben = await listener("break");
      const ada = await enter(context, "Ada", "break", network.url);
      await say(ada, "First words");
      await line(ada, "First words").getByText("Delivered").waitFor();
      expect(await upToMessage(ben)).toEqual(["user_joined", "new_message"]);

      // The server takes her last words, and its answer gets lost.
      await holdStill(context);
      network.muffle();
      await say(ada, "Last words");
      await ben.until("new_message");
      await line(ada, "Last words").getByText("Sending").waitFor();
      network.cut();
      await line(ada, "Last words").getByText("The connection was lost before").waitFor();
      await tell(ben, "break", "One");
      await tell(ben, "break", "Two");
      network.restore();
      await comeBack(ada);
      await line(ada, "Last words").getByText("Delivered").waitFor();
      await line(ada, "Two").waitFor();
      await say(ada, "Again I speak");
      expect(await upToMessage(ben)).toEqual(["new_message"]);

      await line(ada, "Again I speak").getByText("Delivered").waitFor();
      const words = ["First words", "Last words", "One", "Two", "Again I speak"];
      expect(await shown(ada)).toEqual(words);
      expect(await line(ada, MISSED).count()).toBe(0);
    });

    it("gives one tab what the other said and heard meanwhile", async () => {
      const network = await networkTo(chat.port);
      const context = await visitors.invite();
      await context.clock.install();
      const ben = await listener("tabs-apart");
      const first = await enter(context, "Ada", "tabs-apart", network.url);
      const second = await enter(context, "Ada", "tabs-apart", chat.url);
      await ben.until("user_joined");
      await holdStill(context);
      network.cut();
      await first.getByText("The connection is lost.").waitFor();
      await say(second, "From my second tab");
      expect(await upToMessage(ben)).toEqual(["new_message"]);
      await tell(ben, "tabs-apart", "Which one?");
      await line(second, "Which one?").waitFor();

      network.restore();
      await comeBack(first);
      await line(first, "Which one?").waitFor();
      await say(first, "Both");
      expect(await upToMessage(ben)).toEqual(["new_message"]);
      await line(second, "Both").waitFor();
      await line(first, "Both").getByText("Delivered").waitFor();
      for (const tab of [first, second]) {
        expect(await shown(tab)).toEqual(["From my second tab", "Which one?", "Both"]);
        await line(tab, "From my second tab").getByText("You", { exact: true }).waitFor();
      }
    });

    it("lets nobody see that a page is reloaded", async () => {
      const ben = await listener("refresh");
      const ada = await enter(await visitors.invite(), "Ada", "refresh", chat.url);
      await ben.until("user_joined");
      for (const words of ["Once", "Twice"]) {
        await ada.reload();
        await member(ada, "Ben").waitFor();
        await say(ada, words);
        expect(await upToMessage(ben)).toEqual(["new_message"]);
      }
    });

    it("tells nothing of messages after a stop in which nobody wrote, and what it cannot know after a crash", async () => {
      const start = async (): Promise<Example> => {
        const server = await Example.start("chat");
        afterwards(() => server.stop());
        return server;
      };
      // All of them now: each try that finds no server makes the page wait longer for the next.
      const [first, second, third] = await Promise.all([start(), start(), start()]);
      const network = await networkTo(first.port);
      const ada = await enter(await visitors.invite(), "Ada", "crash", network.url);
      await say(ada, "Before");
      await line(ada, "Before").getByText("Delivered").waitFor();
      await first.stop();
      network.target = second.port;
      await line(ada, "You are back").waitFor();
      expect(await line(ada, "missed").count()).toBe(0);

      await say(ada, "Between");
      await line(ada, "Between").getByText("Delivered").waitFor();
      // To the page a server that crashes, and comes back with nothing of what it knew.
      network.cut();
      network.target = third.port;
      network.restore();
      await line(ada, PERHAPS_MISSED).waitFor();
      expect(await line(ada, MISSED).count()).toBe(0);
    });

    it("says that the server restarts, and comes back by itself", async () => {
      const mortal = await Example.start("chat");
      const { ada, ben } = await visitors.meet("phoenix", mortal.url);
      await say(ada, "Before");
      await line(ben, "Before").waitFor();
      await mortal.stop();
      for (const page of [ada, ben]) {
        await page.getByText(/The server is restarting\..*Next try in \d+ s/s).waitFor();
        await say(page, "Meanwhile");
        await line(page, "Meanwhile").getByText("Sending").waitFor();
      }
      const reborn = await Example.start("chat", mortal.port);
      afterwards(() => reborn.stop());
      for (const page of [ada, ben]) {
        await page.getByText("The server is restarting.").waitFor({ state: "hidden" });
        await line(page, "You are back").waitFor();
        await line(page, "Meanwhile").getByText("Delivered").first().waitFor();
        expect(await line(page, MISSED).count()).toBe(0);
      }
      await member(ada, "Ben").waitFor();
      await say(ada, "After");
      await line(ben, "After").waitFor();
      await say(ben, "After you");
      await line(ada, "After you").waitFor();
      expect(await line(ada, "Before").count()).toBe(1);
    });
  });

  describe("on a hub of one's own", () => {
    let site: Site;

    async function open(options: HubOptions): Promise<Hub> {
      const opened = await Site.start(options);
      afterwards(() => opened.stop());
      site = opened;
      return site.hub;
    }

    /** Somebody in the room "lab" without a page. */
    async function guest(name: string): Promise<Remote> {
      const remote = await Remote.open(site.socketUrl(name));
      await remote.ask({ type: "join_room", payload: { room_id: "lab" } });
      return remote;
    }

    /** A page with the library and nothing else, in the room "lab". */
    async function visit(name: string, url = site.url): Promise<Page> {
      const page = await (await visitors.invite()).newPage();
      await page.goto(url);
      await page.evaluate(`(async () => {
        const { connect } = await import("/roomcast.js");
        globalThis.seqs = [];
        globalThis.told = [];
        const tell = (name) => (event) => told.push({ name, at: performance.now(), event });
        const url = location.origin.replace("http", "ws") + "/ws";
        globalThis.connection = connect(url, { token: () => "${name}" });
        connection.on("status", tell("status"));
        globalThis.room = await connection.join("lab");
        room.on("gap", tell("gap"));
        room.on("left", ({ code }) => tell("left")({ code }));
        room.on("new_message", ({ seq }) => seqs.push(seq));
      })()`);
      return page;
    }

    function told(page: Page, name: string): Promise<Told[]> {
      return page.evaluate<Told[]>(`told.filter(({ name }) => name === "${name}")`);
    }

    async function states(page: Page): Promise<unknown[]> {
      return (await told(page, "status")).map(({ event }) => event.state);
    }

    function seqs(page: Page): Promise<number[]> {
      return page.evaluate<number[]>("seqs");
    }

    /** Waits until a page has got everything up to a position; whether once and in order, `seqs` says. */
    async function reaches(page: Page, seq: number): Promise<void> {
      await expect.poll(() => page.evaluate("seqs.at(-1)")).toBe(seq);
    }

    function range(from: number, to: number): number[] {
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    }

    it("says exactly what is lost where the history is too short", async () => {
      const hub = await open({ history: { messages: 3 } });
      const room = hub.room("lab");
      const network = await networkTo(site.port);
      const ada = await visit("Ada", network.url);
      for (const content of ["One", "Two"]) room.broadcast("new_message", { content });
      await reaches(ada, 2);
      network.cut();
      for (let count = 3; count <= 10; count++) room.broadcast("new_message", { content: "…" });
      network.restore();
      await expect.poll(async () => (await told(ada, "gap")).length).toBe(1);
      room.broadcast("new_message", { content: "Eleven" });
      await reaches(ada, 11);
      expect(await seqs(ada)).toEqual([1, 2, 11]);
      expect((await told(ada, "gap")).map(({ event }) => event)).toEqual([{ from: 3, to: 10 }]);
    });

    /** As much as lies between a hub and a page: the kernel's buffers, the browser's. */
    const LOTS = 12 * 1_048_576;

    /**
     * Says that much to a page that does not read, and goes on for as long as it keeps up all the same,
     * until that is enough. Returns the last position.
     */
    async function talkOver(hub: Hub, isEnough: () => boolean): Promise<number> {
      const content = "x".repeat(65_536);
      let said = 0;
      while (said < LOTS || !isEnough()) {
        if (said < LOTS || hub.stats().lagging === 0) {
          hub.room("lab").broadcast("new_message", { content });
          said += content.length;
        }
        await new Promise(setImmediate);
      }
      return said / content.length;
    }

    const deep = { messages: 10_000, bytes: 60 * 1_048_576 };

    it("catches up a page that hung while more was said than the server queues", async () => {
      const hub = await open({ history: deep, maxBufferedBytes: 262_144, lagTimeout: false });
      const ada = await visit("Ada");
      const recovered = nextEvent<{ missed: number; replayed: number }>(hub, "recovered");
      await visitors.sleep();
      const last = await talkOver(hub, () => hub.stats().lagging === 1);
      visitors.wake();
      expect(await recovered).toMatchObject({ missed: 0 });
      await reaches(ada, last);
      expect(await seqs(ada)).toEqual(range(1, last));
      expect(await told(ada, "gap")).toEqual([]);
      expect(await states(ada)).toEqual(STARTED);
    });

    it("has a page that hung for too long come back, and misses nothing", async () => {
      const hub = await open({ history: deep, maxBufferedBytes: 262_144, lagTimeout: 300 });
      const ada = await visit("Ada");
      const closed = nextEvent<{ code: number }>(hub, "disconnect");
      let isGivenUp = false;
      hub.once("leave", () => {
        isGivenUp = true;
      });
      await visitors.sleep();
      await talkOver(hub, () => isGivenUp);
      const { seq } = await hub
        .room("lab")
        .broadcast("new_message", { content: "While she is out" });
      visitors.wake();
      expect((await closed).code).toBe(4000);
      await reaches(ada, seq);
      expect(await seqs(ada)).toEqual(range(1, seq));
      expect(await told(ada, "gap")).toEqual([]);
      expect(await states(ada)).toEqual([...STARTED, "waiting", ...STARTED]);
    });

    it("keeps pages away for as long as a server that stops told each of them", async () => {
      const hub = await open({ history: {} });
      const old = site;
      const balancer = await networkTo(old.port);
      const pages: Page[] = [];
      for (const name of ["Ada", "Ben", "Cy"]) pages.push(await visit(name, balancer.url));
      expect(hub.clients.size).toBe(3);
      await open({ history: {} });
      balancer.target = site.port;
      await old.stop({ spread: 900 });
      const delays = new Set<number>();
      for (const page of pages) {
        await expect.poll(() => states(page)).toEqual([...STARTED, "waiting", ...STARTED]);
        const [waiting, connecting] = (await told(page, "status")).slice(2);
        const delay = waiting?.event.delay ?? 0;
        delays.add(delay);
        expect(delay).toBeLessThanOrEqual(900);
        expect((connecting?.at ?? 0) - (waiting?.at ?? 0)).toBeGreaterThan(delay - 2);
      }
      expect(delays.size).toBe(3);
    });

    it("answers the server with what a listener returns", async () => {
      const hub = await open({});
      const pages = [await visit("Ada"), await visit("Ben")];
      for (const page of pages) {
        await page.evaluate(`(() => {
          room.on("ready?", async ({ payload }) => ({ round: payload.round, ready: true }));
          connection.on("version?", () => "1.4.2");
        })()`);
      }
      const answers: Record<string, unknown> = {};
      for await (const receipt of hub.room("lab").request("ready?", { round: 3 })) {
        answers[receipt.client.user.id] = [receipt.status, receipt.payload];
        const version = await receipt.client.request("version?");
        expect(version).toMatchObject({ status: "ack", payload: "1.4.2" });
      }
      const ready = ["ack", { round: 3, ready: true }];
      expect(answers).toEqual({ ada: ready, ben: ready });
    });

    it("says why somebody is not there any more, and to whom was removed, that they were", async () => {
      const hub = await open({ presence: { grace: 200 } });
      const ben = await enter(await visitors.invite(), "Ben", "lab", site.url);
      const ada = await enter(await visitors.invite(), "Ada", "lab", site.url);
      const adasOtherPage = await visit("Ada");
      const cy = await guest("Cy");
      const dan = await guest("Dan");
      await guest("Eve");
      cy.close(1000, "");
      await line(ben, "Cy left").waitFor();
      dan.cut();
      await line(ben, "Dan lost the connection").waitFor();
      await line(ben, "Dan left: connection lost").waitFor();
      for (const client of hub.clients) if (client.user.id === "eve") client.close(4500, "Bye.");
      await line(ben, "Eve was disconnected").waitFor();

      hub.revoke("ada", "lab");
      await line(ben, "Ada was removed").waitFor();
      await member(ben, "Ada").waitFor({ state: "detached" });
      await ada.getByText("You are not allowed in # lab.").waitFor();
      await ada.getByText("You are in no room").waitFor();
      await expect
        .poll(() => told(adasOtherPage, "left"))
        .toMatchObject([{ event: { code: "FORBIDDEN" } }]);
    });
  });
});
