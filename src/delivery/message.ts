import { encodeEnvelope } from "../protocol/envelope.js";
import type { Envelope } from "../protocol/types.js";
import { encodeFrame, payloadOf } from "./frame.js";

/** One immutable message, encoded once, whoever receives it. */
export class Message {
  /** The envelope as JSON text. */
  readonly text: string;
  #frame: Uint8Array | undefined;
  #bytes: Uint8Array | undefined;

  constructor(envelope: Envelope) {
    this.text = encodeEnvelope(envelope);
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
