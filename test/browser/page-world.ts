import type { HubOptions } from "roomcast";
import { type Connection, type ConnectOptions, connect } from "roomcast/browser";
import { Network } from "../support/network.js";
import { World } from "../support/world.js";

/** A hub, a network, and pages that connect; on a virtual clock. */
export class PageWorld extends World {
  readonly network = Network.to(() => this.hub, this.clock);
  /** The jitter's dice: by default the greatest delay. */
  random = () => 1;

  constructor(options: HubOptions = {}) {
    super({ heartbeat: false, ...options });
  }

  /** A page that connects. */
  dial(name: string, options: ConnectOptions = {}): Connection {
    return connect("ws://server/ws", {
      token: () => name,
      WebSocket: this.network.WebSocket,
      clock: this.clock,
      random: () => this.random(),
      ...options,
    });
  }

  /** A page that connects and joins, with the newest socket. */
  async visit(name: string, room = "general", options: ConnectOptions = {}) {
    const connection = this.dial(name, options);
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
