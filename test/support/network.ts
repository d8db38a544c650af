import type { Hub, Receiver, Socket } from "roomcast";
import type { VirtualClock } from "roomcast/testing";

type Handler = ((event: never) => void) | null;

/**
 * A network in memory: WebSockets of the remote end, each connected to a hub, on a virtual clock. The
 * user's id and name are the token.
 */
export class Network {
  readonly #hub: () => Hub;
  readonly #clock: VirtualClock;
  /** Every WebSocket made so far, also those that could not connect. */
  readonly lines: NetworkSocket[] = [];
  /** While it is down, attempts to connect fail. */
  isDown = false;
  /** What happens to a connection right after it opened. */
  onOpen: (line: NetworkSocket) => void = () => {};

  constructor(hub: () => Hub, clock: VirtualClock) {
    this.#hub = hub;
    this.#clock = clock;
  }

  /** The newest WebSocket. */
  get last(): NetworkSocket {
    return this.lines.at(-1) as NetworkSocket;
  }

  /** The WebSocket class of a remote end on this network. */
  get WebSocket() {
    const open = (line: NetworkSocket) => {
      this.lines.push(line);
      this.#clock.setImmediate(() => {
        if (this.isDown || this.#hub().isClosing) line.end(1006, "");
        else {
          line.open(this.#hub(), this.#clock);
          this.onOpen(line);
        }
      });
    };
    return class extends NetworkSocket {
      constructor(url: string) {
        super(url);
        open(this);
      }
    };
  }
}

export class NetworkSocket {
  readonly url: string;
  readyState = 0;
  onopen: Handler = null;
  onmessage: Handler = null;
  onerror: Handler = null;
  onclose: Handler = null;
  /** What the remote end sent, as text. */
  readonly sent: string[] = [];
  #receiver: Receiver | undefined;
  #clock: VirtualClock | undefined;
  #isFrozen = false;

  constructor(url: string) {
    this.url = url;
  }

  open(hub: Hub, clock: VirtualClock): void {
    if (this.readyState !== 0) return;
    const token = new URL(this.url).searchParams.get("token") ?? "guest";
    const socket: Socket = {
      bufferedAmount: 0,
      write: (batch) => {
        for (const { text } of batch.messages()) this.deliver(text);
      },
      close: (code, reason) => clock.setImmediate(() => this.end(code, reason)),
      terminate: () => clock.setImmediate(() => this.end(1006, "")),
    };
    this.#clock = clock;
    this.readyState = 1;
    this.onopen?.({} as never);
    this.#receiver = hub.accept(socket, { user: { id: token, name: token } });
  }

  /** Hands a text to the remote end, as if the server had sent it. */
  deliver(data: string): void {
    if (!this.#isFrozen) this.#clock?.setImmediate(() => this.onmessage?.({ data } as never));
  }

  send(data: string): void {
    this.sent.push(data);
    if (!this.#isFrozen) this.#clock?.setImmediate(() => this.#receiver?.message(data));
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

  /** Ends the connection for both sides. */
  end(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    if (!this.#isFrozen || code === 1006) this.#receiver?.closed(code, reason);
    if (!this.#isFrozen) this.onclose?.({ code, reason } as never);
  }
}
