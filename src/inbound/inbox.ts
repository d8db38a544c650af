import type { Client } from "../client.js";
import type { Hub } from "../hub.js";
import { CloseCode } from "../protocol/close-codes.js";
import { decodeEnvelope, isDeeperThan, MAX_DEPTH } from "../protocol/envelope.js";
import { RoomcastError } from "../protocol/errors.js";
import type { Envelope, User } from "../protocol/types.js";
import type { Receiver } from "../transport/socket.js";
import type { Dispatcher } from "./dispatcher.js";
import { TokenBucket } from "./rate-limit.js";

/** The inbound path of one client: size, rate, format, then on to the dispatcher. */
export class Inbox<U extends User, D> implements Receiver {
  readonly #hub: Hub<U, D>;
  readonly #client: Client<U, D>;
  readonly #dispatcher: Dispatcher<U, D>;
  readonly #bucket: TokenBucket | undefined;
  #isGone = false;

  constructor(hub: Hub<U, D>, client: Client<U, D>, dispatcher: Dispatcher<U, D>) {
    const { rateLimit } = hub.settings;
    this.#hub = hub;
    this.#client = client;
    this.#dispatcher = dispatcher;
    if (rateLimit !== false) this.#bucket = new TokenBucket(rateLimit, client.lastSeen);
  }

  message(data: string | Uint8Array): void {
    const client = this.#client;
    if (!client.isOpen) return;
    const { clock, maxMessageBytes } = this.#hub.settings;
    const now = clock.now();
    client.lastSeen = now;
    this.#hub.received++;
    if (typeof data !== "string") {
      client.close(CloseCode.unsupportedData, "Messages are JSON text.");
      return;
    }
    if (isLongerThan(data, maxMessageBytes)) {
      client.close(CloseCode.messageTooBig, `Messages have at most ${maxMessageBytes} bytes.`);
      return;
    }
    const verdict = this.#bucket === undefined ? "ok" : this.#bucket.take(now);
    if (verdict === "flood") {
      client.close(CloseCode.policyViolation, "Too many messages.");
      return;
    }
    const envelope = this.#read(data);
    if (envelope === undefined) return;
    if (verdict === "limited") {
      this.#refuse("RATE_LIMITED", "Too many messages; slow down.", envelope.id);
    } else if (isDeeperThan(envelope.payload, MAX_DEPTH)) {
      this.#refuse("INVALID_PAYLOAD", `A payload nests at most ${MAX_DEPTH} levels.`, envelope.id);
    } else {
      this.#dispatcher.dispatch(client, envelope);
    }
  }

  pong(): void {
    this.#client.lastSeen = this.#hub.settings.clock.now();
  }

  drain(): void {
    if (this.#client.outbox.lag !== undefined) this.#hub.catchUp.step(this.#client);
  }

  error(cause: unknown): void {
    const text = "The connection failed.";
    this.#hub.report(new RoomcastError("SOCKET_FAILED", text, { cause }), this.#client);
  }

  closed(code: number, reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#hub.gone(this.#client, code, reason);
  }

  #read(text: string): Envelope | undefined {
    try {
      return decodeEnvelope(text);
    } catch (error) {
      this.#dispatcher.refuse(this.#client, error as RoomcastError, undefined);
      return undefined;
    }
  }

  #refuse(code: "RATE_LIMITED" | "INVALID_PAYLOAD", text: string, id: string | undefined): void {
    this.#dispatcher.refuse(this.#client, new RoomcastError(code, text), id);
  }
}

/** Whether a text is longer than `limit` bytes of UTF-8; counts them only where it is close. */
function isLongerThan(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  if (text.length * 3 <= limit) return false;
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair stands for two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes > limit;
}
