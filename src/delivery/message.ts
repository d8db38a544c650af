import { encodeEnvelope } from "../protocol/envelope.js";
import type { Envelope } from "../protocol/types.js";
import { encodeFrame, payloadOf } from "./frame.js";
import type { MessagePolicy } from "./lag-policy.js";

/**
 * One immutable message, encoded once for all receivers.
 *
 * @category For adapter authors
 */
export class Message {
  /** The envelope as JSON text. */
  readonly text: string;
  /** What happens to it where its client lags. @internal */
  readonly policy: MessagePolicy;
  /** The room it concerns, and its position there, where it has them. @internal */
  readonly room: string;
  /** @internal */
  readonly seq: number;
  #frame: Uint8Array | undefined;
  #bytes: Uint8Array | undefined;

  constructor(
    envelope: Envelope,
    policy: MessagePolicy = "queue",
    text = encodeEnvelope(envelope),
  ) {
    this.text = text;
    this.policy = policy;
    this.room = envelope.room ?? "";
    this.seq = envelope.seq ?? 0;
  }

  /** A room's message that was encoded before, out of its history. @internal */
  static restored(text: string, room: string, seq: number): Message {
    return new Message({ type: "", room, seq }, "replay", text);
  }

  /** How many messages it is: one, where a batch may be many. @internal */
  get length(): 1 {
    return 1;
  }

  /** Length of the text in UTF-16 code units. @internal */
  get size(): number {
    return this.text.length;
  }

  /** The message as a server's RFC 6455 frame, made at first use. */
  get frame(): Uint8Array {
    this.#frame ??= encodeFrame(this.text);
    return this.#frame;
  }

  /** The text as UTF-8, made at first use. */
  get bytes(): Uint8Array {
    this.#bytes ??= payloadOf(this.frame);
    return this.#bytes;
  }
}
