import { connect, createServer } from "node:net";

/** A TCP relay: the address that stays, whichever server is behind it; and lines that can be cut. */
export class Relay {
  /** Where new lines go. */
  target = 0;
  #server = createServer({ allowHalfOpen: true }, (outer) => this.#join(outer));
  /** @type {Set<import("node:net").Socket>} */
  #sockets = new Set();

  /** Resolves to the port. */
  open() {
    return new Promise((resolve) => {
      this.#server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => {
        resolve(this.#server.address().port);
      });
    });
  }

  /** Cuts all lines, on both sides. */
  cut() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close() {
    this.#server.close();
    this.cut();
  }

  #join(outer) {
    const to = { port: this.target, host: "127.0.0.1", noDelay: true, allowHalfOpen: true };
    const inner = connect(to);
    outer.setNoDelay(true);
    for (const [from, to] of [
      [outer, inner],
      [inner, outer],
    ]) {
      this.#sockets.add(from);
      from.pipe(to);
      // A line that breaks on one side is broken on the other.
      from.on("error", () => to.resetAndDestroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        if (!from.readableEnded) to.destroy();
      });
    }
  }
}
