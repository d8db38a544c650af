/** What the compiler says of `roomcast/testing`. Compiled with everything else; nothing here runs. */
import { type Clock, type Envelope, Hub, type Socket, type User } from "roomcast";
import { MemorySocket, VirtualClock } from "roomcast/testing";
import { describe, expectTypeOf, it } from "vitest";

interface AppUser extends User {
  readonly role: "admin" | "member";
}

describe("a memory socket", () => {
  it("is a socket that hands out what it received", () => {
    expectTypeOf<MemorySocket>().toExtend<Socket>();
    expectTypeOf<MemorySocket["received"]>().toEqualTypeOf<Envelope[]>();
  });

  it("connects with the hub's users only", () => {
    const hub = new Hub<AppUser, { strikes: number }>();
    const user: AppUser = { id: "1", name: "Alice", role: "member" };
    expectTypeOf(MemorySocket.connect(hub, { user })).toEqualTypeOf<MemorySocket>();
    const stranger: User = { id: "2", name: "Bob" };
    // @ts-expect-error: this hub's users have a role
    MemorySocket.connect(hub, { user: stranger });
    // @ts-expect-error: sockets are connected, not made
    new MemorySocket(new VirtualClock());
  });
});

describe("a virtual clock", () => {
  it("is a clock", () => {
    expectTypeOf<VirtualClock>().toExtend<Clock>();
  });
});
