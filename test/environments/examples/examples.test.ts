import type { Envelope } from "roomcast";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILD_TIMEOUT, buildPackage, Example } from "../../support/example.js";
import { Remote, upgrade } from "../../support/net.js";

beforeAll(buildPackage, BUILD_TIMEOUT);

/** The examples that run on Node; that for Deno has a program of its own, beside this file. */
describe.each(["chat", "uws", "express", "fastify"])("examples/%s", (name) => {
  let example: Example;

  beforeAll(async () => {
    example = await Example.start(name);
  });

  afterAll(async () => {
    await example?.stop();
  });

  /** Connects as a guest, and is in the lobby when it resolves. */
  async function enter(guest: string): Promise<{ remote: Remote; info: Envelope }> {
    const remote = await Remote.open(example.socketUrl(`/ws?token=${guest}`));
    const info = await remote.ask({ type: "join_room", payload: { room_id: "lobby" } });
    return { remote, info };
  }

  async function online(): Promise<unknown> {
    const response = await fetch(`${example.url}/ws/online`);
    expect(response.headers.get("content-type")).toContain("application/json");
    return response.json();
  }

  it("starts by the command of its README, and prints one line", () => {
    expect(example.output).toBe(`Chat is at http://localhost:${example.port}\n`);
  });

  it("lets two people talk", async () => {
    const ada = (await enter("Ada")).remote;
    const { remote: ben, info } = await enter("Ben");
    const users = ["Ada", "Ben"].map((guest) => ({ id: guest.toLowerCase(), name: guest }));
    expect(info.payload).toEqual({ room_id: "lobby", users, count: 2, max: 4_096 });
    expect((await ada.until("user_joined")).payload).toEqual(users[1]);
    expect(await online()).toEqual({ online: 2 });

    const payload = { content: "Good morning" };
    const ack = await ben.ask({ type: "send_message", room: "lobby", payload });
    expect(ack).toMatchObject({ type: "ack", seq: 1 });
    const message = await ada.until("new_message");
    expect(message).toMatchObject({ room: "lobby", sender: users[1], payload, seq: 1 });
  });

  it("lets in nobody without a name, and no page of another site", async () => {
    const foreign = { Origin: "https://elsewhere.example" };
    expect((await upgrade(example.port, "/ws")).status).toBe(401);
    expect((await upgrade(example.port, "/ws?token=%20")).status).toBe(401);
    expect((await upgrade(example.port, "/ws?token=Ada", foreign)).status).toBe(403);
    const own = { Origin: example.url, Host: `localhost:${example.port}` };
    expect((await upgrade(example.port, "/ws?token=Ada", own)).status).toBe(101);
  });

  it("serves the page, and the library with it", async () => {
    const page = await fetch(`${example.url}/?room=lobby`);
    expect(page.headers.get("content-type")).toMatch(/^text\/html; charset=utf-8$/i);
    expect(await page.text()).toContain('src="app.js"');
    for (const script of ["app.js", "room.js", "roomcast.js"]) {
      const response = await fetch(`${example.url}/${script}`);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toContain("text/javascript");
    }
    expect((await fetch(`${example.url}/elsewhere`)).status).toBe(404);
  });

  if (name === "express" || name === "fastify") {
    it("tells a room what came to a route of its own", async () => {
      const { remote } = await enter("Ada");
      const response = await fetch(`${example.url}/deploys`, { method: "POST" });
      expect(response.status).toBe(202);
      const message = await remote.until("new_message");
      expect(message).toMatchObject({ room: "lobby", payload: { content: "The deploy is done." } });
      expect(message.sender).toBeUndefined();
    });
  }

  it.each(["SIGTERM", "SIGINT"] as const)("stops cleanly on %s, with clients", async (signal) => {
    const own = await Example.start(name);
    const ada = await Remote.open(own.socketUrl("/ws?token=Ada"));
    // Leaves a connection open behind it.
    await (await fetch(`${own.url}/ws/online`)).text();
    const exit = await own.stop(signal);
    expect(exit).toMatchObject({ code: 0, signal: null });
    expect(exit.took).toBeLessThan(3_000);
    expect((await ada.closed).code).toBe(1001);
    expect(own.output).toBe(`Chat is at ${own.url}\n`);
  });
});
