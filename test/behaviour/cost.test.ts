import { describe, expect, test } from "vitest";
import { workOf } from "../support/work.js";
import { join, World } from "../support/world.js";

/** What `act` costs in a hub of that size, after `prepare`. */
function costs<T>(prepare: (size: number) => T, act: (prepared: T) => void) {
  const cost = (size: number) => {
    const prepared = prepare(size);
    return workOf(() => act(prepared));
  };
  return { small: cost(10), large: cost(1_000) };
}

/** That many users online, `U0` and so on. */
function crowd(size: number, options = {}) {
  const world = new World({ heartbeat: false, rateLimit: false, ...options });
  const sockets = Array.from({ length: size }, (_, n) => world.connect(`U${n}`));
  return { world, hub: world.hub, sockets, last: world.client(`u${size - 1}`) };
}

describe("what one client does costs the same, however large the hub is:", () => {
  test("to go away while the server waits for others' answers", () => {
    const { small, large } = costs(
      (size) => {
        const all = crowd(size);
        for (const client of all.hub.clients) {
          for (const room of ["a", "b"]) client.join(`${room} of ${client.user.id}`);
          void client.request("confirm?");
          all.hub.room(`a of ${client.user.id}`).request("ready?");
        }
        all.world.clock.flush();
        return all;
      },
      ({ sockets }) => sockets.at(-1)?.cut(),
    );
    expect(large).toBe(small);
  });

  test("to join, and to leave, a room that shows how many are there, with a user in two tabs", () => {
    for (const act of ["join", "cut"]) {
      const { small, large } = costs(
        (size) => {
          const all = crowd(size, { presence: "count" });
          for (const name of ["Twice", "Twice", "New"]) all.sockets.push(all.world.connect(name));
          for (const socket of all.sockets.slice(0, -1)) socket.send(join("stadium"));
          if (act === "cut") all.sockets.at(-1)?.send(join("stadium"));
          all.world.clock.advance(1_000);
          return all;
        },
        ({ sockets }) => {
          if (act === "join") sockets.at(-1)?.send(join("stadium"));
          else sockets.at(-1)?.cut();
        },
      );
      expect(large).toBe(small);
    }
  });

  test("to join, and to leave, a room of its own as one of many connections of a user", () => {
    for (const act of ["join", "leave"] as const) {
      const { small, large } = costs(
        (size) => {
          const world = new World({ heartbeat: false });
          for (let n = 0; n < size; n++) world.enter("Bot", `room ${n}`);
          const client = world.client("bot");
          if (act === "join") client.leave(`room ${size - 1}`);
          world.clock.flush();
          return { client, size };
        },
        ({ client, size }) => void client[act](`room ${size - 1}`),
      );
      expect(large).toBe(small);
    }
  });

  test("to leave a room, or to lose the line there, while many rooms are kept for many users", () => {
    for (const end of ["leave", "cut"] as const) {
      const { small, large } = costs(
        (size) => {
          const all = crowd(size, { history: {} });
          for (const [n, socket] of all.sockets.entries()) {
            for (let room = 0; room < 3; room++) {
              socket.send(join(`${room} of ${n}`));
              void all.hub.room(`${room} of ${n}`).broadcast("n");
            }
            if (n < size - 1) socket.cut();
          }
          all.world.clock.flush();
          return all;
        },
        ({ sockets, last }) => {
          if (end === "leave") last.leave(last.rooms.keys().next().value as string);
          else sockets.at(-1)?.cut();
        },
      );
      expect(large).toBe(small);
    }
  });

  test("to lose the line in rooms that wait for many others", () => {
    const { small, large } = costs(
      (size) => {
        const all = crowd(size, { presence: { show: "none", grace: 10_000 } });
        for (const socket of all.sockets) socket.send(join("hall"));
        for (const socket of all.sockets.slice(0, -1)) socket.cut();
        all.world.clock.flush();
        return all;
      },
      ({ sockets }) => sockets.at(-1)?.cut(),
    );
    expect(large).toBe(small);
  });
});
