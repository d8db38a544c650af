import type { HubEvents, Room } from "roomcast";
import { MemorySocket } from "roomcast/testing";
import { describe, expect, test, vi } from "vitest";
import { join, leave, World } from "../support/world.js";

/** A world in which the listeners of `first` were attached before those that write down what they hear. */
function watched(first: (world: World) => void) {
  const world = new World();
  first(world);
  const heard: string[] = [];
  const names: (keyof HubEvents)[] = [
    ...(["connect", "disconnect", "join", "leave", "message"] as const),
    ...(["error", "roomCreated", "roomRemoved"] as const),
  ];
  for (const name of names) {
    world.hub.on(name, (event: object) => {
      const { client, room } = event as { client?: { user: { id: string } }; room?: Room };
      heard.push([name, client?.user.id, room?.id].filter((word) => word !== undefined).join(" "));
    });
  }
  return { world, heard };
}

/** Whether a room was created and removed by turns. */
function alternates(heard: readonly string[]): boolean {
  const lives = heard.filter((event) => event.startsWith("room"));
  return lives.every((event, at) => event.startsWith(at % 2 === 0 ? "roomCreated" : "roomRemoved"));
}

describe("what a listener causes is heard after its cause, by every listener:", () => {
  test("a leave in a listener of join", () => {
    const { world, heard } = watched(({ hub }) => {
      hub.on("join", ({ client, room }) => void client.leave(room.id));
    });
    world.connect("Alice").send(join("general"));
    expect(heard).toEqual([
      "connect alice",
      "message alice",
      "roomCreated general",
      "join alice general",
      "leave alice general",
      "roomRemoved general",
    ]);
  });

  test("a leave in a listener of roomCreated, before the join was told", () => {
    const { world, heard } = watched(({ hub }) => {
      hub.on("roomCreated", ({ room }) => {
        for (const client of room.clients) client.leave(room.id);
      });
    });
    world.connect("Alice").send(join("general"));
    expect(heard.slice(2)).toEqual([
      "roomCreated general",
      "join alice general",
      "leave alice general",
      "roomRemoved general",
    ]);
  });

  test("a join in a listener of leave: the room ends and begins again", () => {
    const { world, heard } = watched(({ hub }) => {
      hub.on("leave", ({ client, room, reason }) => {
        if (reason === "left") void client.join(room.id);
      });
    });
    const a = world.enter("Alice", "general");
    heard.length = 0;
    expect(world.ask(a, leave("general", "l")).map(({ type }) => type)).toEqual([
      "room_info",
      "ack",
    ]);
    expect(heard).toEqual([
      "message alice",
      "leave alice general",
      "roomRemoved general",
      "roomCreated general",
      "join alice general",
    ]);
  });

  test("others that come and go in a listener of leave", () => {
    const { world, heard } = watched(({ hub }) => {
      hub.on("leave", ({ client, room }) => {
        if (client.user.id !== "alice") return;
        const [bob] = hub.user("bob").clients;
        void bob?.join(room.id);
        bob?.leave(room.id);
      });
    });
    world.connect("Bob");
    const a = world.enter("Alice", "general");
    a.send(leave("general"));
    expect(heard.filter((event) => event.startsWith("room"))).toHaveLength(4);
    expect(alternates(heard)).toBe(true);
  });

  test("a connection taken in by a listener", () => {
    const { world, heard } = watched(({ hub }) => {
      hub.on("join", ({ client }) => {
        if (client.user.id === "bot") return;
        const bot = MemorySocket.connect(hub, { user: { id: "bot", name: "Bot" } });
        bot.send(join("general"));
      });
    });
    world.connect("Alice").send(join("general"));
    expect(heard.slice(3)).toEqual([
      "join alice general",
      "connect bot",
      "message bot",
      "join bot general",
    ]);
  });

  test("a hub that is closed by a listener", () => {
    const { world, heard } = watched(({ hub }) => {
      hub.on("join", ({ client }) => {
        if (client.user.id === "bob") void hub.close();
      });
    });
    world.enter("Alice", "general");
    world.connect("Bob").send(join("general"));
    world.clock.flush();
    expect(heard.slice(-6)).toEqual([
      "join bob general",
      "leave alice general",
      "leave bob general",
      "roomRemoved general",
      "disconnect alice",
      "disconnect bob",
    ]);
  });

  test("an error of a listener that throws", () => {
    const { world, heard } = watched(({ hub }) => {
      hub.on("connect", () => {
        throw new Error("bad");
      });
    });
    world.connect("Alice");
    expect(heard).toEqual(["connect alice", "error"]);
  });

  test("a leave of all rooms, when the connection closes", () => {
    const { world, heard } = watched(({ hub }) => {
      hub.on("leave", ({ client, room }) => {
        if (room.id !== "one") return;
        const [bob] = hub.user("bob").clients;
        if (client !== bob) bob?.close(4_500);
      });
    });
    const a = world.enter("Alice", "one", "two");
    world.enter("Bob", "one", "two");
    heard.length = 0;
    a.cut();
    expect(heard).toEqual([
      "leave alice one",
      "leave alice two",
      "leave bob one",
      "roomRemoved one",
      "leave bob two",
      "roomRemoved two",
      "disconnect alice",
    ]);
  });
});

test("a logger that throws keeps no later event from being told", () => {
  const log = () => {
    throw new Error("no logger either");
  };
  const told = vi.spyOn(console, "error").mockReturnValue();
  const world = new World({ logger: { debug: log, info: log, warn: log, error: log } });
  world.hub.removeAllListeners("error");
  const heard: string[] = [];
  world.hub.on("join", ({ client, room }) => void client.leave(room.id));
  world.hub.on("leave", () => {
    throw new Error("bad");
  });
  world.hub.on("roomRemoved", ({ room }) => heard.push(room.id));
  world.connect("Alice");
  const client = world.client("alice");
  for (const room of ["general", "other"]) void client.join(room);
  expect(heard).toEqual(["general", "other"]);
  expect(told).toHaveBeenCalledTimes(1);
  told.mockRestore();
});

test("a client that a listener puts back into its room is told so after it was removed", () => {
  const world = new World();
  const a = world.enter("Alice", "general");
  world.hub.once("leave", ({ client, room }) => void client.join(room.id));
  world.client("alice").leave("general");
  world.clock.flush();
  expect(a.take().map(({ type }) => type)).toEqual(["removed", "room_info"]);
});

test("a revoke is complete before its events", () => {
  const world = new World();
  const tabs = [world.enter("Alice", "one", "two"), world.enter("Alice", "one")];
  const sizes: number[] = [];
  world.hub.on("leave", ({ client }) => sizes.push(client.rooms.size, world.hub.rooms.size));
  void world.hub.revoke("alice");
  expect(sizes).toEqual([0, 0, 0, 0, 0, 0]);
  expect(tabs.length).toBe(2);
});
