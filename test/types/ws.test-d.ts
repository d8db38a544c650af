/** What the compiler says of `roomcast/ws`. Compiled with everything else; nothing here runs. */
import { createServer, type Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import { type Handshake, Hub, type User } from "roomcast";
import { attach, type ServeOptions, serve } from "roomcast/ws";
import { describe, expectTypeOf, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";

interface AppUser extends User {
  readonly role: "admin" | "member";
}

const hub = new Hub<AppUser>();
const alice: AppUser = { id: "1", name: "Alice", role: "admin" };

describe("serve and attach", () => {
  it("take the servers of Node and of ws as they are", () => {
    serve(hub, createServer());
    expectTypeOf<Server>().toExtend<Parameters<typeof serve>[1]>();
    expectTypeOf<SecureServer>().toExtend<Parameters<typeof serve>[1]>();
    attach(hub, new WebSocketServer({ noServer: true }));
    expectTypeOf<WebSocketServer>().toExtend<Parameters<typeof attach>[1]>();
    // @ts-expect-error: one connection is not a server
    attach(hub, {} as WebSocket);
  });

  it("take no options that they do not have", () => {
    serve(hub, createServer(), { path: "/ws", origins: ["https://example.org"] });
    // @ts-expect-error: a server that is attached has its own path
    attach(hub, new WebSocketServer({ noServer: true }), { path: "/ws" });
    // @ts-expect-error: a slip of the pen
    serve(hub, createServer(), { maxConnection: 5 });
    // @ts-expect-error: origins are a list or a function
    serve(hub, createServer(), { origins: "https://example.org" });
  });
});

describe("authenticate", () => {
  it("gets the handshake and returns the hub's user, now or later, or nobody", () => {
    serve(hub, createServer(), {
      authenticate(handshake) {
        expectTypeOf(handshake).toEqualTypeOf<Handshake>();
        expectTypeOf(handshake.token).toEqualTypeOf<string | undefined>();
        return alice;
      },
    });
    serve(hub, createServer(), { authenticate: async () => alice });
    serve(hub, createServer(), { authenticate: () => null });
    serve(hub, createServer(), { authenticate: async () => undefined });
  });

  it("returns no user of another kind", () => {
    const stranger: User = { id: "2", name: "Bob" };
    type Authenticate = NonNullable<ServeOptions<AppUser>["authenticate"]>;
    expectTypeOf<() => User>().not.toExtend<Authenticate>();
    expectTypeOf<() => Promise<User>>().not.toExtend<Authenticate>();
    // @ts-expect-error: this hub's users have a role
    serve(hub, createServer(), { authenticate: () => stranger });
    // @ts-expect-error: this hub's users have a role
    attach(hub, new WebSocketServer({ noServer: true }), { authenticate: async () => stranger });
    // @ts-expect-error: an id is a text
    serve(new Hub(), createServer(), { authenticate: () => ({ id: 1, name: "Alice" }) });
  });

  it("does not need to be told the hub's types", () => {
    serve(new Hub(), createServer(), {
      authenticate: ({ token }) => (token === undefined ? null : { id: token, name: token }),
    });
  });
});
