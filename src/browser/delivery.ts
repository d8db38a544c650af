import type { Envelope } from "../protocol/types.js";
import { ConnectionError, serverError } from "./errors.js";
import { HoldingEmitter, Notice } from "./holding-emitter.js";
import { type Membership, PRESENCE } from "./membership.js";
import { Turns } from "./turns.js";

/** What the delivery asks of its connection. */
interface DeliveryHost {
  /** What the connection is doing now. */
  status(): unknown;
  /** Whether we are in a room now. */
  isJoined(room: string): boolean;
  /** Sends an answer to the server; throws for what cannot be sent. */
  send(envelope: Envelope): void;
}

/** Message types that may have no listener. */
const QUIET = ["pong", "user_typing", "new_message"];

/** Has listeners hear what happens, in order, and the server hear what they answer. */
export class Delivery {
  readonly #host: DeliveryHost;
  readonly #turns = new Turns();
  /** The connection's own listeners. */
  readonly emitter: HoldingEmitter;

  constructor(host: DeliveryHost) {
    this.#host = host;
    this.emitter = this.createEmitter();
  }

  /** Makes the listeners of a handle. */
  createEmitter(): HoldingEmitter {
    return new HoldingEmitter(
      (name, cause) => this.#listenerFailed(name, cause),
      this.#turns,
      (notice) => this.#told(notice),
    );
  }

  /** Makes a change. What it tells is told once it is complete. */
  run(change: () => void): void {
    this.#turns.run(change);
  }

  /** Tells the connection's own listeners of an event. */
  tell(name: "status" | "error", event: unknown): void {
    this.#turns.add(() => this.emitter.emit(name, event));
  }

  /** Tells the connection's own listeners of a message that is for no joined room. */
  outside(envelope: Envelope, size: number): void {
    const { type, room } = envelope;
    const notice = new Notice(type, envelope, size);
    notice.status = this.#host.status();
    if (type === "error") this.tell(type, serverError(envelope));
    else {
      this.#turns.add(() => {
        if (!room && !QUIET.includes(type)) this.emitter.tell(notice);
        this.#told(notice);
      });
    }
  }

  /** Tells the handles that a room has now, unless they are left meanwhile. */
  inside(notice: Notice, { handles }: Membership): void {
    const { name } = notice;
    const emitters = [...handles.keys()];
    notice.status = this.#host.status();
    this.#turns.add(() => {
      // What only the connection listens for is not held.
      const isOurs = this.emitter.has(name) && !emitters.some((emitter) => emitter.has(name));
      for (const emitter of emitters) {
        if (handles.has(emitter) && !(isOurs && notice.message)) emitter.tell(notice);
      }
      this.#told(notice);
    });
  }

  /** Sees to a message once it was told: answers what was heard, reports what nobody hears or holds. */
  #told(notice: Notice): void {
    const { name, message, results, holders } = notice;
    if (!message || notice.isDone) return;
    const { room } = message;
    // The connection's own listeners hear what no handle hears.
    if (!results.length && !holders) results.push(...this.emitter.emit(name, message));
    // Messages still arrive from a room that was just left.
    const isExpected = room ? holders || !this.#host.isJoined(room) : this.emitter.has(name);
    if (results.length) {
      notice.isDone = true;
      if (message.id) void this.#answer(message, notice);
    } else if (!isExpected && !notice.isReported && !QUIET.includes(name) && !PRESENCE.test(name)) {
      notice.isReported = true;
      this.tell("error", new ConnectionError("UNKNOWN_TYPE", `No listener for "${name}".`));
    }
  }

  /** Answers the server with the first value that a listener returned; not at all if one failed. */
  async #answer({ type, id }: Envelope, { results, status }: Notice): Promise<void> {
    // The emitter reports listeners that failed.
    const values = await Promise.all(results).catch(() => undefined);
    // A later connection knows nothing of the request.
    if (!values || status !== this.#host.status()) return;
    try {
      const payload = values.find((value) => value !== undefined);
      this.#host.send({ type: "ack", id, payload });
    } catch (cause) {
      this.#listenerFailed(type, cause);
    }
  }

  /** Reports a listener that failed. One of `error` is not called again. */
  #listenerFailed(name: string, cause: unknown): void {
    const text = `A listener of "${name}" failed.`;
    const error = new ConnectionError("LISTENER_FAILED", text, { cause });
    if (name === "error" || !this.emitter.has("error")) console.error(error);
    else this.tell("error", error);
  }
}
