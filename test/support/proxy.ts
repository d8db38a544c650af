import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A piece of network between a page and its server: it can be cut, and it can go dead. */
export class TcpProxy {
  /** What was asked for by each WebSocket that came through, such as `/ws?token=Ada`. */
  readonly upgrades: string[] = [];
  /** The port that new connections are passed on to. */
  target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Of these, the server's ends. */
  readonly #far = new Set<Socket>();
  #isCut = false;

  /** Listens on a free port, and passes everything on to `target`. */
  static async start(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.#server.listen(0, "localhost");
    await once(proxy.#server, "listening");
    return proxy;
  }

  private constructor(target: number) {
    this.target = target;
    this.#server = createServer((near) => {
      if (this.#isCut) near.destroy();
      else this.#join(near, connect(this.target, "localhost"));
    });
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection, and each new one until `restore`. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  restore(): void {
    this.#isCut = false;
  }

  /** The connections of now carry nothing any more, and nobody is told. New ones work. */
  goDead(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** What the server says on the connections of now gets lost; what it is told still arrives. */
  muffle(): void {
    for (const socket of this.#far) socket.unpipe().resume();
  }

  stop(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket, far: Socket): void {
    near.on("data", (chunk) => {
      const [, path] = /^GET (\/ws\?\S*) /.exec(chunk.toString("latin1")) ?? [];
      if (path !== undefined) this.upgrades.push(path);
    });
    this.#far.add(far);
    far.on("close", () => this.#far.delete(far));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on("error", () => {});
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
