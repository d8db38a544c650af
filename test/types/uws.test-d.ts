/** What the compiler says of `roomcast/uws`. Compiled with everything else; nothing here runs. */

import { App, type HttpRequest, SSLApp, type TemplatedApp } from "uWebSockets.js";
import { type Handshake, Hub, type User } from "roomcast";
import { type AttachOptions, attach, type UwsApp } from "roomcast/uws";
import { describe, expectTypeOf, it } from "vitest";
import type { WebSocketServer } from "ws";

interface AppUser extends User {
  readonly role: "admin" | "member";
}

const hub = new Hub<AppUser>();
const alice: AppUser = { id: "1", name: "Alice", role: "admin" };

describe("attach", () => {
  it("takes the apps of uWebSockets.js as they are", () => {
    attach(hub, App());
    attach(hub, SSLApp({ key_file_name: "key.pem", cert_file_name: "cert.pem" }), { path: "/ws" });
    expectTypeOf<TemplatedApp>().toExtend<UwsApp>();
  });

  it("takes nothing else", () => {
    // @ts-expect-error: the server of another library
    attach(hub, {} as WebSocketServer);
    // @ts-expect-error: a request is not an app
    attach(hub, {} as HttpRequest);
    // @ts-expect-error: something else that happens to be called ws
    attach(hub, { ws: (port: number) => port });
  });

  it("takes no options that it does not have", () => {
    attach(hub, App(), { origins: ["https://example.org"], maxConnections: 1_000 });
    // @ts-expect-error: a slip of the pen
    attach(hub, App(), { maxConnection: 5 });
    // @ts-expect-error: the heartbeat is the hub's
    attach(hub, App(), { idleTimeout: 60 });
    // @ts-expect-error: origins are a list or a function
    attach(hub, App(), { origins: "https://example.org" });
  });
});

describe("authenticate", () => {
  it("gets the handshake and returns the hub's user, now or later, or nobody", () => {
    attach(hub, App(), {
      authenticate(handshake) {
        expectTypeOf(handshake).toEqualTypeOf<Handshake>();
        return alice;
      },
    });
    attach(hub, App(), { authenticate: async () => alice });
    attach(hub, App(), { authenticate: () => null });
    attach(hub, App(), { authenticate: async () => undefined });
  });

  it("returns no user of another kind", () => {
    const stranger: User = { id: "2", name: "Bob" };
    type Authenticate = NonNullable<AttachOptions<AppUser>["authenticate"]>;
    expectTypeOf<() => User>().not.toExtend<Authenticate>();
    expectTypeOf<() => Promise<User>>().not.toExtend<Authenticate>();
    // @ts-expect-error: this hub's users have a role
    attach(hub, App(), { authenticate: () => stranger });
    // @ts-expect-error: this hub's users have a role
    attach(hub, App(), { authenticate: async () => stranger });
    // @ts-expect-error: an id is a text
    attach(new Hub(), App(), { authenticate: () => ({ id: 1, name: "Alice" }) });
  });

  it("does not need to be told the hub's types", () => {
    attach(new Hub(), App(), {
      authenticate: ({ token }) => (token === undefined ? null : { id: token, name: token }),
    });
  });
});
