import type { Envelope } from "../protocol/types.js";

/**
 * Writes a message as JSON text.
 *
 * @throws TypeError for a payload that is no JSON value. `JSON.stringify` would leave a function out in silence.
 */
export function encode({ payload, ...envelope }: Envelope): string {
  const text = JSON.stringify(envelope);
  if (payload === undefined && envelope.type !== "send_message") return text;
  const json = JSON.stringify(payload);
  if (json) return `${text.slice(0, -1)},"payload":${json}}`;
  throw new TypeError(`The payload must be a JSON value; got ${typeof payload}.`);
}
