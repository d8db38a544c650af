/** Milliseconds between two looks beside those after each write: a transport answers pings by itself. */
const EVERY = 20;

/**
 * The most that ever waited for the network of each user of a hub whose id has a prefix, looked at after each
 * write, when it was closed, and how its connection ended.
 */
export class Peaks {
  #hub;
  #prefix = "";
  /** By id; `at` is when it was closed. @type {Record<string, { peak: number, end?: string, at?: number }>} */
  #users = {};

  constructor(hub) {
    this.#hub = hub;
  }

  /** From now on, for connections that come. */
  start(prefix) {
    const hub = this.#hub;
    this.#prefix = prefix;
    const accept = hub.accept.bind(hub);
    hub.accept = (socket, options) => {
      const id = options?.user?.id;
      if (id?.startsWith(prefix)) this.#lookAfterWrites(id, socket);
      return accept(socket, options);
    };
    hub.on("disconnect", ({ client, code, reason }) => {
      const user = this.#users[client.user.id];
      if (user === undefined) return;
      user.end = `${code} ${reason}`;
      user.at ??= Date.now();
    });
    setInterval(() => this.#look(), EVERY).unref();
  }

  users() {
    return this.#users;
  }

  /** The application itself sends one of them something. */
  burst({ id, count, bytes }) {
    const text = "x".repeat(bytes);
    for (const client of this.#hub.clients) {
      if (client.user.id !== id) continue;
      for (let sent = 0; sent < count; sent++) client.send("burst", text);
    }
  }

  #lookAfterWrites(id, socket) {
    const user = { peak: 0 };
    this.#users[id] = user;
    const { write } = socket;
    socket.write = (batch) => {
      write.call(socket, batch);
      user.peak = Math.max(user.peak, socket.bufferedAmount);
    };
  }

  #look() {
    for (const client of this.#hub.clients) {
      if (!client.user.id.startsWith(this.#prefix)) continue;
      const user = this.#users[client.user.id];
      user.peak = Math.max(user.peak, client.bufferedAmount);
      // It may take a while until the connection is gone.
      if (!client.isOpen) user.at ??= Date.now();
    }
  }
}
