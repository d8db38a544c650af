const CHUNK = "x".repeat(1_000_000);

/** Ends clients of a hub in the ways that an application has, and counts which of them are still in memory. */
export class Ends {
  #hub;
  #registry;
  #connected = 0;
  #freed = 0;
  /** When a user's client began to lag, as `Date.now()` tells it. @type {Record<string, number>} */
  #lags = {};

  constructor(hub) {
    this.#hub = hub;
    this.#registry = new FinalizationRegistry(() => {
      this.#freed++;
    });
    hub.on("connect", ({ client }) => {
      this.#connected++;
      this.#registry.register(client, undefined);
    });
    hub.on("lag", ({ client }) => {
      this.#lags[client.user.id] ??= Date.now();
    });
  }

  /** Sends everybody so many megabytes. */
  fill(megabytes) {
    for (let sent = 0; sent < megabytes; sent++) this.#hub.broadcast("fill", CHUNK);
  }

  end({ id, how }) {
    for (const client of this.#hub.clients) {
      if (client.user.id !== id) continue;
      if (how === "revoke") {
        this.#hub.revoke(id);
        client.close(4500, "Revoked.");
      } else {
        client.close(Number(how));
      }
    }
  }

  lags() {
    return this.#lags;
  }

  /** Clients that there were, and those that garbage collection has freed. */
  memory() {
    global.gc();
    return { connected: this.#connected, freed: this.#freed };
  }
}
