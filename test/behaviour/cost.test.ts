import { describe, expect, test } from "vitest";
import { workOf } from "../support/work.js";
import { World } from "../support/world.js";

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
});
