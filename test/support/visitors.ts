import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { launchChromium } from "./chromium.js";

/**
 * What the browser itself reports of a server that is not there. Which of them depends on how far the
 * attempt had got when the connection broke.
 */
const ABSENCE =
  /ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|SOCKET_NOT_CONNECTED|INTERNET_DISCONNECTED)|Connection closed before receiving a handshake response/;

/** People who come to the chat's page, each with a browser of their own. */
export class Visitors {
  readonly #complaints: string[] = [];
  readonly #browser: Browser;
  /** The processes that sleep. */
  readonly #asleep: number[] = [];

  static async start(): Promise<Visitors> {
    return new Visitors(await launchChromium());
  }

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** A browser of somebody's own, with storage of its own. */
  async invite(options: Parameters<Browser["newContext"]>[0] = {}): Promise<BrowserContext> {
    const context = await this.#browser.newContext(options);
    context.setDefaultTimeout(20_000);
    context.on("weberror", (error) => this.#complaints.push(String(error.error())));
    context.on("console", (message) => {
      const isOurs = !ABSENCE.test(message.text());
      if (message.type() === "error" && isOurs) this.#complaints.push(message.text());
    });
    return context;
  }

  /** Two people in one room, who see each other. */
  async meet(room: string, url: string): Promise<{ ada: Page; ben: Page }> {
    const visit = async (name: string) => enter(await this.invite(), name, room, url);
    const [ada, ben] = await Promise.all([visit("Ada"), visit("Ben")]);
    await Promise.all([member(ada, "Ben").waitFor(), member(ben, "Ada").waitFor()]);
    return { ada, ben };
  }

  /** Stops every page where it is, as when a laptop is shut. */
  async sleep(): Promise<void> {
    const session = await this.#browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    for (const { id, type } of processInfo) if (type === "renderer") this.#asleep.push(id);
    for (const id of this.#asleep) process.kill(id, "SIGSTOP");
  }

  /** Lets the pages go on where they were. */
  wake(): void {
    for (const id of this.#asleep.splice(0)) process.kill(id, "SIGCONT");
  }

  /**
   * Sends everybody home. Returns what their pages complained of: exceptions, and what their security
   * policy kept them from.
   */
  async dismiss(): Promise<string[]> {
    this.wake();
    for (const context of this.#browser.contexts()) await context.close();
    return this.#complaints.splice(0);
  }

  async stop(): Promise<void> {
    await this.#browser.close();
  }
}

/** Opens a tab, gives a name and goes into a room. */
export async function enter(
  context: BrowserContext,
  name: string,
  room: string,
  url: string,
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/?room=${room}`);
  await introduce(page, name);
  return page;
}

/** Gives a name to a page that was opened, and waits until it is in its room. */
export async function introduce(page: Page, name: string): Promise<void> {
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Enter" }).click();
  await member(page, name).waitFor({ state: "attached" });
}

/** Where one writes. */
export function composer(page: Page): Locator {
  return page.getByRole("textbox", { name: "Message", exact: true });
}

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** The line of the shown room that has this text. */
export function line(page: Page, text: string): Locator {
  return page.getByRole("log").getByRole("listitem").filter({ hasText: text });
}

export function members(page: Page): Locator {
  return page.locator("#member-list > li");
}

export function member(page: Page, name: string): Locator {
  return members(page).filter({ hasText: name });
}
