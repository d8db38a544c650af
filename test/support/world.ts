import { type Client, type Envelope, Hub, type HubEvents, type HubOptions } from "roomcast";
import { MemorySocket, VirtualClock } from "roomcast/testing";

/** A hub on a virtual clock, with everything it emits written down. */
export class World {
  readonly clock = new VirtualClock();
  readonly #options: HubOptions;
  hub: Hub;
  /** What the hub emitted, in order: event name and argument. */
  readonly events: { [E in keyof HubEvents]: [E, Parameters<HubEvents[E]>[0]] }[keyof HubEvents][] =
    [];

  constructor(options: HubOptions = {}) {
    this.#options = options;
    this.hub = this.#start();
  }

  /** Starts a new hub with the same options, in place of the one before. */
  restart(): void {
    this.hub = this.#start();
  }

  #start(): Hub {
    const hub = new Hub({ clock: this.clock, ...this.#options });
    const names: (keyof HubEvents)[] = [
      ...(["connect", "disconnect", "join", "leave", "lag", "recovered", "drop"] as const),
      ...(["error", "refused", "roomCreated", "roomRemoved"] as const),
    ];
    for (const name of names) {
      const write = (argument: unknown) => this.events.push([name, argument] as never);
      hub.on(name, write);
    }
    return hub;
  }

  /** Connects a user, whose id is the name in lower case. */
  connect(name: string): MemorySocket {
    return MemorySocket.connect(this.hub, { user: { id: name.toLowerCase(), name } });
  }

  /** Connects a user and puts them into rooms; what that sent is taken away. */
  enter(name: string, ...rooms: string[]): MemorySocket {
    const socket = this.connect(name);
    for (const room of rooms) socket.send(join(room));
    this.clock.flush();
    socket.take();
    return socket;
  }

  /** Sends, ends the turn, and takes what the sender got. */
  ask(socket: MemorySocket, message: Envelope | string | Uint8Array): Envelope[] {
    socket.send(message);
    this.clock.flush();
    return socket.take();
  }

  /** The newest client of a user. */
  readonly client = (userId: string): Client => {
    const client = [...this.hub.user(userId).clients].at(-1);
    if (client === undefined) throw new Error(`${userId} is not online`);
    return client;
  };

  /** The arguments of every event of that name so far. */
  emitted<E extends keyof HubEvents>(name: E): Parameters<HubEvents[E]>[0][] {
    return this.events
      .filter(([event]) => event === name)
      .map(([, argument]) => argument as Parameters<HubEvents[E]>[0]);
  }
}

export const join = (room: unknown, id?: string): Envelope => ({
  type: "join_room",
  payload: { room_id: room },
  id,
});

export const leave = (room: unknown, id?: string): Envelope => ({
  type: "leave_room",
  payload: { room_id: room },
  id,
});

export const say = (room: string, payload: unknown, id?: string): Envelope => ({
  type: "send_message",
  room,
  payload,
  id,
});

/** The code of the only message, which is an error. */
export function errorCode(answers: Envelope[]): unknown {
  if (answers.length !== 1 || answers[0]?.type !== "error") {
    throw new Error(`Expected one error, got ${JSON.stringify(answers)}`);
  }
  return (answers[0].payload as { code: unknown }).code;
}
