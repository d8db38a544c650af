/**
 * The close codes that roomcast sends (RFC 6455, 7.4.1). Of the private range, 4000–4499 mean
 * "reconnect later" and 4500–4999 "do not reconnect".
 *
 * @category Events, errors and statistics
 */
export const CloseCode = {
  /** Done; the default of `client.close()`. */
  normal: 1000,
  /** The server is going away. */
  goingAway: 1001,
  /** A binary message; messages are JSON text. */
  unsupportedData: 1003,
  /** Never sent: what an end sees where a close frame had no code. */
  noStatus: 1005,
  /** Never sent: what an end sees when the connection was cut without a closing handshake. */
  abnormal: 1006,
  /** The client kept sending too fast, after it was told so. */
  policyViolation: 1008,
  /** A message over `maxMessageBytes`. */
  messageTooBig: 1009,
  /** The client did not read for too long, or caused more answers than it read. */
  tooSlow: 4000,
} as const;

/** Whether a client may reconnect after a close code: not after 1000, nor after 4500–4999. */
export function mayReconnect(code: number): boolean {
  return code !== CloseCode.normal && (code < 4_500 || code > 4_999);
}

const MAX_REASON_BYTES = 123;

/** Cuts a close reason to the 123 UTF-8 bytes that a close frame has room for (RFC 6455, 5.5). */
export function clampReason(reason: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of reason) {
    const point = character.codePointAt(0) as number;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > MAX_REASON_BYTES) return reason.slice(0, end);
    end += character.length;
  }
  return reason;
}
