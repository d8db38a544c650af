import { Hub, type HubOptions } from "roomcast";
import { type Connection, type ConnectOptions, connect } from "roomcast/browser";
import { VirtualClock } from "roomcast/testing";
import { Network } from "../support/network.js";

/** A server, a network, and whoever connects; on a virtual clock. */
export class World {
  readonly clock = new VirtualClock();
  readonly #options: HubOptions;
  hub: Hub;
  readonly network = new Network(() => this.hub, this.clock);
  /** The jitter's dice: by default the greatest delay. */
  random = () => 1;

  constructor(options: HubOptions = {}) {
    this.#options = options;
    this.hub = this.makeHub();
  }

  makeHub(): Hub {
    return new Hub({ clock: this.clock, heartbeat: false, ...this.#options });
  }

  connect(name: string, options: ConnectOptions = {}): Connection {
    return connect("ws://server/ws", {
      token: () => name,
      WebSocket: this.network.WebSocket,
      clock: this.clock,
      random: () => this.random(),
      ...options,
    });
  }

  /** Connects and joins; with the server's newest line. */
  async enter(name: string, room = "general", options: ConnectOptions = {}) {
    const connection = this.connect(name, options);
    const joined = await this.settle(connection.join(room));
    return { connection, room: joined, line: this.network.last };
  }

  /** Lets everything happen that waits for no time to pass. */
  async quiet(): Promise<void> {
    for (let round = 0; round < 30; round++) {
      await Promise.resolve();
      this.clock.flush();
    }
  }

  async settle<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {});
    await this.quiet();
    return promise;
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.quiet();
  }
}

/** What becomes of a promise: the code of its error, or "resolved". */
export const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "resolved",
    (error: { code: string }) => error.code,
  );
