import type { AnyClient } from "../client.js";
import type { Context } from "../context.js";
import { CloseCode } from "../protocol/close-codes.js";
import { decodeEnvelope, isDeeperThan, MAX_DEPTH } from "../protocol/envelope.js";
import { RoomcastError } from "../protocol/errors.js";
import type { Envelope } from "../protocol/types.js";
import type { Receiver } from "../transport/socket.js";
import type { Dispatcher } from "./dispatcher.js";
import { type RateLimit, TokenBucket, type Verdict } from "./rate-limit.js";
import type { Reading } from "./reading.js";

/** What the inboxes of a hub share. */
export interface InboxHost {
  readonly context: Context;
  readonly dispatcher: Dispatcher;
  readonly maxMessageBytes: number;
  readonly rateLimit: RateLimit | false;
  readonly reading: Reading;
  /** The network of a client has taken something of what waited. */
  drained(client: AnyClient): void;
  /** A client's connection is gone. */
  gone(client: AnyClient, code: number, reason: string): void;
}

/** The inbound path of one client: size, rate, format, then on to the dispatcher. */
export class Inbox implements Receiver {
  readonly #host: InboxHost;
  readonly #client: AnyClient;
  readonly #bucket: TokenBucket | undefined;

  constructor(host: InboxHost, client: AnyClient) {
    this.#host = host;
    this.#client = client;
    if (host.rateLimit !== false) this.#bucket = new TokenBucket(host.rateLimit, client.lastSeen);
  }

  message(data: string | Uint8Array): void {
    const client = this.#client;
    const { context, dispatcher, maxMessageBytes } = this.#host;
    const now = context.clock.monotonic();
    if (!client.isOpen) {
      this.#countLate(now);
      return;
    }
    client.lastSeen = now;
    context.counters.received++;
    if (typeof data !== "string") {
      client.close(CloseCode.unsupportedData, "Messages are JSON text.");
      return;
    }
    if (isLongerThan(data, maxMessageBytes)) {
      client.close(CloseCode.messageTooBig, `Messages have at most ${maxMessageBytes} bytes.`);
      return;
    }
    const verdict = this.#countAt(now);
    if (verdict === "flood") {
      this.#endFlood();
      return;
    }
    let envelope: Envelope;
    try {
      envelope = decodeEnvelope(data);
    } catch (error) {
      dispatcher.dispatch(client, UNREADABLE, data.length, error as RoomcastError);
      return;
    }
    dispatcher.dispatch(client, envelope, data.length, refusalOf(envelope, data, verdict));
  }

  ping(): void {
    const client = this.#client;
    this.#countControl();
    if (client.outbox.isFlooded) client.terminate("It sends pings and does not read the answers.");
  }

  pong(): void {
    if (this.#client.outbox.answered())
      this.#client.lastSeen = this.#host.context.clock.monotonic();
    else this.#countControl();
  }

  drain(): void {
    this.#client.lastSeen = this.#host.context.clock.monotonic();
    this.#host.drained(this.#client);
  }

  ending(code: number): void {
    this.#client.ending(code);
  }

  error(cause: unknown): void {
    const error = new RoomcastError("SOCKET_FAILED", "The connection failed.", { cause });
    this.#host.context.report(error, this.#client);
    this.#client.ending(CloseCode.abnormal);
  }

  closed(code: number, reason: string): void {
    this.#host.gone(this.#client, code, reason);
  }

  /** Counts a frame that is no message: it costs as much. */
  #countControl(): void {
    const now = this.#host.context.clock.monotonic();
    this.#client.lastSeen = now;
    if (!this.#client.isOpen) this.#countLate(now);
    else if (this.#countAt(now) === "flood") this.#endFlood();
  }

  /** Counts what a client that was told to close still sends. Some of it may have been on its way. */
  #countLate(now: number): void {
    if (this.#countAt(now) === "flood") this.#stopReading();
  }

  #endFlood(): void {
    this.#client.close(CloseCode.policyViolation, "Too many messages.");
    if (this.#client.outbox.stopReading()) this.#host.context.closing.hurry(this.#client);
  }

  #stopReading(): void {
    const client = this.#client;
    if (client.outbox.stopReading()) this.#host.context.closing.hurry(client);
    else client.terminate("It went on sending after it was told to close.");
  }

  #countAt(now: number): Verdict {
    const bucket = this.#bucket;
    return bucket === undefined
      ? "ok"
      : bucket.take(now, this.#host.reading.read(now, bucket.updated));
  }
}

/** In the place of a message that cannot be read. */
const UNREADABLE: Envelope = { type: "" };

/** One for all: to make an error costs more than all else that a message of a flood costs. */
const RATE_LIMITED = new RoomcastError("RATE_LIMITED", "Too many messages; slow down.");

/** Why a message is refused, if it is. */
function refusalOf(
  { payload }: Envelope,
  data: string,
  verdict: Verdict,
): RoomcastError | undefined {
  if (verdict === "limited") return RATE_LIMITED;
  if (isDeeperThan(payload, MAX_DEPTH)) {
    return new RoomcastError("INVALID_PAYLOAD", `A payload nests at most ${MAX_DEPTH} levels.`);
  }
  if (!MAY_GROW.test(data) || !hasGrown(payload, data)) return undefined;
  const text = "The payload is longer than the message without exponents in its numbers.";
  return new RoomcastError("INVALID_PAYLOAD", text);
}

/**
 * A number with an exponent: the only part of a JSON text that may be longer where it is written again. `1e20`
 * has 21 digits then; a string has as many bytes, or fewer.
 */
const MAY_GROW = /[[:,\s]-?\d+(?:\.\d+)?e/i;

/** Whether others would be sent more bytes for a payload than its whole message had. */
function hasGrown(payload: unknown, message: string): boolean {
  return payload !== undefined && isLongerThan(JSON.stringify(payload), bytesOf(message));
}

/** Whether a text is longer than `limit` bytes of UTF-8; counts them only where it is close. */
function isLongerThan(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && bytesOf(text) > limit;
}

/** Length of a text in bytes of UTF-8. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair stands for two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}
