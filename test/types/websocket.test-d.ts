/** What the compiler says of `roomcast/websocket`. Compiled with everything else; nothing here runs. */
import { type AcceptOptions, type Handshake, Hub, type User } from "roomcast";
import { accept, handshakeFrom, type StandardWebSocket } from "roomcast/websocket";
import { describe, expectTypeOf, it } from "vitest";
import type { WebSocket, WebSocketServer } from "ws";

interface AppUser extends User {
  readonly role: "admin" | "member";
}

/** Cloudflare's, which is accepted before it delivers, and does not say what waits. */
interface WorkersWebSocket
  extends Pick<WebSocket, "readyState" | "addEventListener" | "removeEventListener"> {
  accept(options?: { allowHalfOpen?: boolean }): void;
  send(message: string | ArrayBuffer | ArrayBufferView): void;
  close(code?: number, reason?: string): void;
}

const hub = new Hub<AppUser>();
const webSocket = {} as WorkersWebSocket;
const alice: AppUser = { id: "1", name: "Alice", role: "admin" };

describe("accept", () => {
  it("takes any runtime's WebSocket", () => {
    accept(hub, webSocket);
    accept(hub, {} as WebSocket);
    expectTypeOf<WorkersWebSocket>().toExtend<StandardWebSocket>();
    expectTypeOf<WebSocket>().toExtend<StandardWebSocket>();
  });

  it("takes nothing else", () => {
    // @ts-expect-error: a server is not a connection
    accept(hub, {} as WebSocketServer);
    // @ts-expect-error: nothing is ever heard from it
    accept(hub, {} as Omit<WorkersWebSocket, "addEventListener">);
  });

  it("takes the hub's user and the handshake", () => {
    const request = new Request("https://example.org/ws?token=x");
    expectTypeOf(handshakeFrom(request)).toEqualTypeOf<Handshake>();
    accept(hub, webSocket, { user: alice, handshake: handshakeFrom(request, "127.0.0.1") });
    expectTypeOf<Parameters<typeof accept<AppUser, unknown>>[2]>().toEqualTypeOf<
      AcceptOptions<AppUser> | undefined
    >();
  });

  it("takes no user of another kind, and no options that it does not have", () => {
    const stranger: User = { id: "2", name: "Bob" };
    // @ts-expect-error: this hub's users have a role
    accept(hub, webSocket, { user: stranger });
    // @ts-expect-error: an id is a text
    accept(new Hub(), webSocket, { user: { id: 1, name: "Alice" } });
    // @ts-expect-error: who it is must be known before
    accept(hub, webSocket, { authenticate: () => alice });
  });

  it("does not need to be told the hub's types", () => {
    accept(new Hub(), webSocket, { user: { id: "1", name: "Alice" } });
  });
});
