import type { Envelope } from "../protocol/types.js";

/**
 * Writes a message as JSON text.
 *
 * @throws TypeError for a payload that is no JSON value. `JSON.stringify` would leave a function out in silence.
 */
export function encode(envelope: Envelope): string {
  const { type, payload } = envelope;
  if (!JSON.stringify(payload) && (payload !== undefined || type === "send_message")) {
    throw new TypeError(`The payload must be a JSON value; got ${typeof payload}.`);
  }
  return JSON.stringify(envelope);
}
