import { encodeEnvelope } from "../protocol/envelope.js";
import type { Envelope } from "../protocol/types.js";
import { encodeFrame, payloadOf } from "./frame.js";

/**
 * What becomes of a message where its client lags.
 *
 * - `lasting`: it has a position; it is withheld, and caught up from history.
 * - `skipped`: says that the client was left out of a lasting message; withheld with its neighbours.
 * - `queue`: it passes, within a hard cap.
 * - `drop`: it is dropped.
 * - `presence`: it is dropped, and `room_info` says how things stand when the client has caught up.
 * - `latest`: the newest of its key is sent when the client has caught up.
 */
export type Fate =
  | "lasting"
  | "skipped"
  | "queue"
  | "drop"
  | "presence"
  | { readonly latest: string };

/** One immutable message, encoded once, whoever receives it. */
export class Message {
  /** The envelope as JSON text. */
  readonly text: string;
  /** What becomes of it where its client lags. @internal */
  readonly fate: Fate;
  /** The room it concerns, and its position there, where it has them. @internal */
  readonly room: string;
  /** @internal */
  readonly seq: number;
  #frame: Uint8Array | undefined;
  #bytes: Uint8Array | undefined;

  constructor(envelope: Envelope, fate: Fate = "queue", text = encodeEnvelope(envelope)) {
    this.text = text;
    this.fate = fate;
    this.room = envelope.room ?? "";
    this.seq = envelope.seq ?? 0;
  }

  /** A message of a room that was encoded before, and said then. @internal */
  static again(text: string, room: string, seq: number): Message {
    return new Message({ type: "", room, seq }, "lasting", text);
  }

  /** How many messages it is: one, where a batch may be many. @internal */
  get length(): 1 {
    return 1;
  }

  /** How much text, in UTF-16 code units. @internal */
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
