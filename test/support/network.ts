import type { Hub, Socket } from "roomcast";
import type { VirtualClock } from "roomcast/testing";

type Handler = ((event: never) => void) | null;

/** The other end of a page's socket: a hub, or the test itself. */
export interface Peer {
  /** The page sent a text. */
  message(text: string): void;
  /** The connection is gone. */
  closed(code: number, reason: string): void;
}

/** A server that a page connects to. */
export interface Remote {
  /** Whether it takes connections now. */
  isListening(): boolean;
  /** Takes one that has just opened. */
  accept(socket: NetworkSocket): Peer;
}

/** The WebSockets of a page, in memory and on a virtual clock. */
export class Network {
  readonly #clock: VirtualClock;
  readonly #remote: Remote;
  /** Every WebSocket made so far, also those that could not connect. */
  readonly sockets: NetworkSocket[] = [];
  /** While it is down, attempts to connect fail. */
  isDown = false;
  /** What happens to a connection right after it opened. */
  onOpen: (socket: NetworkSocket) => void = () => {};

  constructor(clock: VirtualClock, remote: Remote) {
    this.#clock = clock;
    this.#remote = remote;
  }

  /** A network that leads to a hub. The user's id and name are the token. */
  static to(hub: () => Hub, clock: VirtualClock): Network {
    return new Network(clock, {
      isListening: () => !hub().isClosing,
      accept: (socket) => joinHub(socket, hub()),
    });
  }

  /** The newest WebSocket. */
  get last(): NetworkSocket {
    return this.sockets.at(-1) as NetworkSocket;
  }

  /** The WebSocket class of a page on this network. */
  get WebSocket() {
    const clock = this.#clock;
    const open = (socket: NetworkSocket) => {
      this.sockets.push(socket);
      clock.setImmediate(() => {
        if (socket.readyState !== 0) return;
        if (this.isDown || !this.#remote.isListening()) {
          socket.end(1006);
        } else {
          socket.open(this.#remote);
          this.onOpen(socket);
        }
      });
    };
    return class extends NetworkSocket {
      constructor(url: string) {
        super(url, clock);
        open(this);
      }
    };
  }
}

/** A page's end of a connection. */
export class NetworkSocket {
  readonly url: string;
  readonly clock: VirtualClock;
  readyState = 0;
  onopen: Handler = null;
  onmessage: Handler = null;
  onerror: Handler = null;
  onclose: Handler = null;
  /** What the page sent, as text. */
  readonly sent: string[] = [];
  #peer: Peer | undefined;
  #isFrozen = false;

  constructor(url: string, clock: VirtualClock) {
    this.url = url;
    this.clock = clock;
  }

  /** Opens the connection: the page hears of it first. */
  open(remote: Remote): void {
    this.readyState = 1;
    this.onopen?.({} as never);
    this.#peer = remote.accept(this);
  }

  /** Hands a text to the page, as if the other end had sent it. */
  deliver(data: string): void {
    if (!this.#isFrozen) this.clock.setImmediate(() => this.onmessage?.({ data } as never));
  }

  send(data: string): void {
    this.sent.push(data);
    if (!this.#isFrozen) this.clock.setImmediate(() => this.#peer?.message(data));
  }

  /** Nothing goes through any more, in either direction, and nobody is told. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** What comes goes through again. */
  thaw(): void {
    this.#isFrozen = false;
  }

  close(code = 1005, reason = ""): void {
    if (this.readyState < 2) this.end(code, reason);
  }

  /** Fails while it connects; no `close` follows by itself. */
  fail(message = ""): void {
    this.readyState = 2;
    this.onerror?.({ message } as never);
  }

  /** Ends the connection for both sides. */
  end(code: number, reason = ""): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    if (!this.#isFrozen || code === 1006) this.#peer?.closed(code, reason);
    if (!this.#isFrozen) this.onclose?.({ code, reason } as never);
  }
}

function joinHub(socket: NetworkSocket, hub: Hub): Peer {
  const { clock, url } = socket;
  const id = new URL(url).searchParams.get("token") ?? "guest";
  const other: Socket = {
    bufferedAmount: 0,
    write: (batch) => {
      for (const { text } of batch.messages()) socket.deliver(text);
    },
    close: (code, reason) => clock.setImmediate(() => socket.end(code, reason)),
    terminate: () => clock.setImmediate(() => socket.end(1006, "")),
  };
  return hub.accept(other, { user: { id, name: id } });
}
