import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import session from "express-session";
import { Hub } from "roomcast";
import { type ServeOptions, serve } from "roomcast/ws";
import { describe, expect, test } from "vitest";
import { afterwards, closeAfterwards, Remote, startServer, upgrade } from "../../../support/net.js";

declare module "express-session" {
  interface SessionData {
    user: { id: string; name: string };
  }
}

/** The program of docs/ws.md, "Sessions of Express", with a way to sign in. */
async function start(store?: session.Store) {
  const hub = closeAfterwards(new Hub());
  const app = express();
  const sessions = session({
    secret: "a secret",
    resave: false,
    saveUninitialized: false,
    ...(store && { store }),
  });
  app.use(sessions);
  app.post("/login/:name", (request, response) => {
    request.session.user = { id: request.params.name.toLowerCase(), name: request.params.name };
    response.end();
  });
  const httpServer = createServer(app);
  serve(hub, httpServer, {
    path: "/ws",
    async authenticate(_, request: express.Request) {
      await new Promise<void>((resolve, reject) => {
        sessions(request, {} as express.Response, (error) => (error ? reject(error) : resolve()));
      });
      return request.session.user;
    },
  });
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  afterwards(() => httpServer.close());
  const { port } = httpServer.address() as AddressInfo;
  return { hub, port };
}

/** The session's cookie. */
async function signIn(port: number): Promise<string> {
  const login = await fetch(`http://127.0.0.1:${port}/login/Ada`, { method: "POST" });
  return login.headers.get("set-cookie")?.split(";")[0] ?? "";
}

describe("a session of Express", () => {
  test("is who connects", async () => {
    const { hub, port } = await start();
    const cookie = await signIn(port);
    await Remote.open(`ws://127.0.0.1:${port}/ws`, ["chat"], { headers: { cookie } });
    expect([...hub.clients].map(({ user }) => user)).toEqual([{ id: "ada", name: "Ada" }]);
  });

  test("that is none, or forged, is 401", async () => {
    const { port } = await start();
    expect((await upgrade(port, "/ws")).status).toBe(401);
    const forged = { Cookie: "connect.sid=s%3Aforged.signature" };
    expect((await upgrade(port, "/ws", forged)).status).toBe(401);
  });

  test("whose store is away is 503, and reported", async () => {
    let isAway = false;
    class Store extends session.MemoryStore {
      override get(...[id, callback]: Parameters<session.MemoryStore["get"]>): void {
        if (isAway) callback(new Error("the store is away"));
        else super.get(id, callback);
      }
    }
    const { hub, port } = await start(new Store());
    const errors: unknown[] = [];
    hub.on("error", ({ error }) => errors.push(error));
    const cookie = await signIn(port);
    isAway = true;
    expect((await upgrade(port, "/ws", { Cookie: cookie })).status).toBe(503);
    expect(errors).toMatchObject([{ cause: { message: "the store is away" } }]);
  });
});

describe("authenticate", () => {
  const serving = async (authenticate: ServeOptions<never, IncomingMessage>["authenticate"]) => {
    const hub = closeAfterwards(new Hub());
    const { server, port } = await startServer();
    serve(hub, server, { authenticate: authenticate as never });
    return { hub, port };
  };

  test("gets Node's own request beside the handshake", async () => {
    const seen: unknown[] = [];
    const { port } = await serving((handshake, request) => {
      seen.push(
        handshake.cookies["sid"],
        request.headers.cookie,
        request.httpVersion,
        request.complete,
      );
      return undefined;
    });
    await upgrade(port, "/", { Cookie: "sid=1" });
    expect(seen).toEqual(["1", "sid=1", "1.1", true]);
  });

  test("reads cookies whatever subprotocols are offered", async () => {
    const seen: unknown[] = [];
    const { port } = await serving(({ cookies, token }) => {
      seen.push(cookies["sid"], token);
      return undefined;
    });
    await upgrade(port, "/", { Cookie: "sid=1", "Sec-WebSocket-Protocol": "chat" });
    expect(seen).toEqual(["1", "chat"]);
  });
});
