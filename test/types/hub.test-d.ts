/** What the compiler says of the public face. Compiled with everything else; nothing here runs. */
import {
  type AuthorizedAction,
  type Client,
  type CloseOptions,
  type Envelope,
  type Handshake,
  type History,
  type HistoryStore,
  Hub,
  type HubEvents,
  type Incoming,
  type LeaveReason,
  MemoryHistory,
  type Position,
  type Receipt,
  type Receipts,
  type Replay,
  type Room,
  RoomcastError,
  type SendOptions,
  type Stamp,
  type User,
} from "roomcast";
import { describe, expectTypeOf, it } from "vitest";

interface AppUser extends User {
  readonly role: "admin" | "member";
}

interface AppData {
  strikes: number;
}

type AppClient = Client<AppUser, AppData>;
type AppRoom = Room<AppUser, AppData>;

const hub = new Hub<AppUser, AppData>();

describe("a hub", () => {
  it("knows plain users, and data of any name, unless told otherwise", () => {
    const plain = new Hub();
    expectTypeOf(plain).toEqualTypeOf<Hub<User, Record<string, unknown>>>();
    plain.on("connect", ({ client }) => {
      expectTypeOf(client.user).toEqualTypeOf<User>();
      expectTypeOf(client.data["anything"]).toEqualTypeOf<unknown>();
    });
  });

  it("gives its user type to clients, rooms and users", () => {
    expectTypeOf(hub.clients).toEqualTypeOf<ReadonlySet<AppClient>>();
    expectTypeOf(hub.rooms).toEqualTypeOf<ReadonlyMap<string, AppRoom>>();
    expectTypeOf(hub.room("general").members).toEqualTypeOf<AppUser[]>();
    expectTypeOf(hub.room("general").clients).toEqualTypeOf<ReadonlySet<AppClient>>();
    expectTypeOf(hub.user("1").clients).toEqualTypeOf<ReadonlySet<AppClient>>();
  });

  it("accepts its own users only", () => {
    type Accept = Parameters<typeof hub.accept>[1];
    expectTypeOf<{ user: AppUser }>().toExtend<Accept>();
    expectTypeOf<{ user: User }>().not.toExtend<Accept>();
    expectTypeOf<{ user: { id: number; name: string } }>().not.toExtend<Accept>();
  });

  it("refuses options that it does not have", () => {
    new Hub({ maxRoomsPerClient: false, heartbeat: false, rateLimit: { perSecond: 1, burst: 1 } });
    // @ts-expect-error: a slip of the pen
    new Hub({ maxRoomPerClient: 5 });
    // @ts-expect-error: a limit is a number, or false for none
    new Hub({ maxRoomsPerClient: true });
    // @ts-expect-error: a rate limit has two sides
    new Hub({ rateLimit: { perSecond: 1 } });
    // @ts-expect-error: sizes have no "off"
    new Hub({ maxMessageBytes: false });
    // @ts-expect-error: not an option of close
    void hub.close({ delay: 5 });
  });

  it("cannot be changed through what it shows", () => {
    // @ts-expect-error: clients come through accept
    hub.clients.add;
    // @ts-expect-error: rooms come by joining
    hub.rooms.set;
    // @ts-expect-error: a counter
    hub.onlineCount = 5;
  });
});

describe("events", () => {
  it("carry the hub's types", () => {
    hub.on("connect", ({ client, handshake }) => {
      expectTypeOf(client).toEqualTypeOf<AppClient>();
      expectTypeOf(client.user.role).toEqualTypeOf<"admin" | "member">();
      expectTypeOf(handshake).toEqualTypeOf<Handshake | undefined>();
    });
    hub.on("disconnect", (event) => {
      expectTypeOf(event).toEqualTypeOf<{ client: AppClient; code: number; reason: string }>();
    });
    hub.once("join", (event) => {
      expectTypeOf(event).toEqualTypeOf<{ client: AppClient; room: AppRoom }>();
    });
    hub.on("leave", (event) => {
      expectTypeOf(event).toEqualTypeOf<{
        client: AppClient;
        room: AppRoom;
        reason: LeaveReason;
      }>();
    });
    hub.on("lag", (event) => expectTypeOf(event).toEqualTypeOf<{ client: AppClient }>());
    hub.on("recovered", (event) => {
      expectTypeOf(event).toEqualTypeOf<{
        client: AppClient;
        replayed: number;
        missed: number;
      }>();
    });
    hub.on("message", ({ message }) => {
      expectTypeOf(message).toEqualTypeOf<Incoming<AppUser, AppData>>();
    });
    hub.on("drop", (event) => {
      expectTypeOf(event).toEqualTypeOf<{ client: AppClient; count: number }>();
    });
    hub.on("error", (event) => {
      expectTypeOf(event).toEqualTypeOf<{ error: RoomcastError; client: AppClient | undefined }>();
    });
    hub.on("refused", (event) => {
      expectTypeOf(event).toEqualTypeOf<{ handshake: Handshake; status: number; cause: unknown }>();
    });
    hub.on("memberJoined", (event) => {
      expectTypeOf(event).toEqualTypeOf<{ user: AppUser; room: AppRoom; client: AppClient }>();
    });
    hub.on("memberLeft", (event) => {
      expectTypeOf(event).toEqualTypeOf<{ user: AppUser; room: AppRoom; reason: LeaveReason }>();
    });
    hub.on("roomCreated", (event) => expectTypeOf(event).toEqualTypeOf<{ room: AppRoom }>());
    hub.on("roomRemoved", (event) => expectTypeOf(event).toEqualTypeOf<{ room: AppRoom }>());
  });

  it("are these and no others", () => {
    expectTypeOf<keyof HubEvents>().toEqualTypeOf<
      | "connect"
      | "disconnect"
      | "join"
      | "leave"
      | "message"
      | "lag"
      | "recovered"
      | "drop"
      | "error"
      | "refused"
      | "memberJoined"
      | "memberLeft"
      | "roomCreated"
      | "roomRemoved"
    >();
    // @ts-expect-error: no such event
    hub.on("connected", () => {});
    // @ts-expect-error: "drop" has no room
    hub.on("drop", ({ room }) => room);
  });
});

describe("handlers", () => {
  it("get the hub's client, and a payload that nobody has checked", () => {
    hub.handle("draw", (client, message) => {
      expectTypeOf(client).toEqualTypeOf<AppClient>();
      expectTypeOf(message.payload).toEqualTypeOf<unknown>();
      expectTypeOf(message.room).toEqualTypeOf<AppRoom>();
      // @ts-expect-error: unknown until it is checked
      message.payload.x;
    });
  });

  it("may return anything, now or later", () => {
    hub.handle("now", () => ({ saved: true }));
    hub.handle("later", async () => ({ saved: true }));
    hub.handle("never", () => {});
  });

  it("may be chained", () => {
    expectTypeOf(hub.handle("a", () => {})).toEqualTypeOf(hub);
  });
});

describe("a client", () => {
  const client = {} as AppClient;

  it("has data whose every field may be missing", () => {
    expectTypeOf(client.data.strikes).toEqualTypeOf<number | undefined>();
    client.data.strikes = 1;
    client.data = {};
    // @ts-expect-error: no such field
    client.data.strike;
    // @ts-expect-error: of another type
    client.data.strikes = "one";
  });

  it("keeps its identity", () => {
    // @ts-expect-error: chosen by the server
    client.id = "1";
    // @ts-expect-error: said by authentication
    client.user = { id: "1", name: "Alice", role: "admin" };
    // @ts-expect-error: rooms come by joining
    client.rooms.clear;
  });

  it("sends whatever JSON can say", () => {
    expectTypeOf(client.send).parameters.toEqualTypeOf<
      [type: string, payload?: unknown, options?: SendOptions | undefined]
    >();
    expectTypeOf(client.join("general")).resolves.toEqualTypeOf<AppRoom>();
    expectTypeOf(client.leave("general")).toEqualTypeOf<boolean>();
  });
});

describe("a broadcast", () => {
  const client = {} as AppClient;
  const room = hub.room("general");

  it("leaves out one client or several", () => {
    room.broadcast("a", 1, { except: client });
    room.broadcast("a", 1, { except: [client] });
    room.broadcast("a", 1, { except: new Set([client]) });
    room.broadcast("a", 1, { except: room.clients });
    room.broadcast("a", 1, { except: undefined });
    hub.broadcast("a", 1, { except: client, from: client });
    // @ts-expect-error: clients, not their ids
    room.broadcast("a", 1, { except: client.id });
    // @ts-expect-error: clients, not their ids
    room.broadcast("a", 1, { except: [client.id] });
    // @ts-expect-error: no such option
    room.broadcast("a", 1, { exclude: client });
  });

  it("to a room says where and when", () => {
    expectTypeOf(room.broadcast("a")).resolves.toEqualTypeOf<Stamp>();
  });
});

describe("authorize", () => {
  it("is asked with the hub's own client, and one of two actions", () => {
    new Hub<AppUser, AppData>({
      authorize: (client, action, roomId) => {
        expectTypeOf(client).toEqualTypeOf<AppClient>();
        expectTypeOf(action).toEqualTypeOf<AuthorizedAction>();
        expectTypeOf<AuthorizedAction>().toEqualTypeOf<"join" | "send">();
        expectTypeOf(roomId).toEqualTypeOf<string>();
        return client.user.role === "admin";
      },
    });
    new Hub({ authorize: async (client) => client.user.id !== "" });
    new Hub({ authorize: undefined });
    // @ts-expect-error: yes or no, nothing else
    new Hub({ authorize: () => "yes" });
    // @ts-expect-error: a function
    new Hub({ authorize: true });
  });
});

describe("history and presence", () => {
  it("are for all rooms alike, or by name", () => {
    new Hub({ history: false, presence: "count" });
    new Hub({ history: { messages: 5 }, presence: { show: "none", grace: 5_000 } });
    new Hub({ history: (roomId) => roomId === "a" && { ttl: 5 }, lagTimeout: false });
    new Hub({ presence: (roomId) => (roomId === "a" ? "count" : { grace: 5_000 }) });
    // @ts-expect-error: say how much
    new Hub({ history: true });
    // @ts-expect-error: no such option
    new Hub({ history: { message: 5 } });
    // @ts-expect-error: not one of the three
    new Hub({ presence: "all" });
    // @ts-expect-error: milliseconds, or false
    new Hub({ lagTimeout: true });
  });

  it("may be kept by anything that keeps to the interface", () => {
    expectTypeOf<MemoryHistory>().toExtend<HistoryStore>();
    expectTypeOf(new MemoryHistory({ maxBytes: 5 }).bytes).toEqualTypeOf<number>();
    expectTypeOf<ReturnType<History["since"]>>().toEqualTypeOf<Replay | Promise<Replay>>();
    // @ts-expect-error: not an option
    new MemoryHistory({ maxMessages: 5 });
  });

  it("say where a room is, and what a user is like", () => {
    expectTypeOf(hub.room("general").position).toEqualTypeOf<Position | undefined>();
    expectTypeOf<Position>().toEqualTypeOf<{ readonly epoch: string; readonly seq: number }>();
    expectTypeOf(({} as AppClient).setPresence).parameters.toEqualTypeOf<[state: unknown]>();
    expectTypeOf(hub.revoke).parameters.toEqualTypeOf<
      [userId: string, roomId?: string | undefined]
    >();
    expectTypeOf<LeaveReason>().toEqualTypeOf<"left" | "timeout" | "kicked" | "closed">();
  });
});

describe("a policy", () => {
  it("says what becomes of a message where its client lags", () => {
    const client = {} as AppClient;
    client.send("a", 1, { policy: "drop" });
    hub.user("1").send("a", 1, { policy: { latest: "gold" } });
    hub.broadcast("a", 1, { policy: "queue" });
    hub.room("general").broadcast("a", 1, { policy: { latest: "gold" } });
    // @ts-expect-error: no such policy
    client.send("a", 1, { policy: "never" });
  });
});

describe("requests", () => {
  it("to a room are receipts, one after the other", async () => {
    const receipts = hub.room("general").request("ready?", 1, { timeout: 5 });
    expectTypeOf(receipts).toEqualTypeOf<Receipts<AppUser, AppData>>();
    for await (const { client, status, payload } of receipts) {
      expectTypeOf(client).toEqualTypeOf<AppClient>();
      expectTypeOf(status).toEqualTypeOf<"ack" | "timeout" | "left">();
      expectTypeOf(payload).toEqualTypeOf<unknown>();
    }
    const client = {} as AppClient;
    hub.room("general").request("ready?", 1, { except: [client] });
    // @ts-expect-error: clients, not their ids
    hub.room("general").request("ready?", 1, { except: client.id });
  });

  it("to one client are one receipt", () => {
    const client = {} as AppClient;
    expectTypeOf(client.request("ready?")).toEqualTypeOf<Promise<Receipt<AppUser, AppData>>>();
    // @ts-expect-error: there is nobody to leave out
    void client.request("ready?", 1, { except: client });
  });
});

describe("closing", () => {
  it("takes its time, and gives its clients theirs", () => {
    expectTypeOf(hub.close).parameters.toEqualTypeOf<[options?: CloseOptions | undefined]>();
    expectTypeOf(hub.close({ timeout: 5, spread: 5, code: 4_000 })).toEqualTypeOf<Promise<void>>();
  });
});

describe("errors and envelopes", () => {
  it("suggest the known codes and take an application's own", () => {
    new RoomcastError("FORBIDDEN", "No.");
    new RoomcastError("QUOTA_SPENT", "Not today.", { cause: new Error() });
    // @ts-expect-error: a code is a text
    new RoomcastError(403, "No.");
  });

  it("leave what the server stamps optional", () => {
    expectTypeOf<Envelope["sender"]>().toEqualTypeOf<User | undefined>();
    expectTypeOf<Envelope["seq"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Envelope["payload"]>().toEqualTypeOf<unknown>();
  });
});
