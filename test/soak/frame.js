/** Opcodes (RFC 6455, 5.2). */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

const FIN = 0x80;
const MASKED = 0x80;
/** The example of RFC 6455, 5.7. Always the same: what a broken frame means depends on it. */
const KEY = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/**
 * A client's frame, right or wrong.
 *
 * @param {number} opcode
 * @param {Buffer | string} content
 * @param {object} [header]
 * @param {boolean} [header.isLast]
 * @param {number} [header.reserved] The three reserved bits.
 * @param {boolean} [header.isMasked]
 * @param {number} [header.length] What it claims.
 * @param {2 | 4 | 10} [header.size] Bytes of the header without the key; by default as few as will do.
 */
export function frame(
  opcode,
  content = "",
  { isLast = true, reserved = 0, isMasked = true, length, size } = {},
) {
  const payload = Buffer.from(content);
  const claimed = length ?? payload.length;
  const before = size ?? (claimed < 126 ? 2 : claimed <= 0xffff ? 4 : 10);
  const start = before + (isMasked ? KEY.length : 0);
  const bytes = Buffer.alloc(start + payload.length);
  bytes[0] = (isLast ? FIN : 0) | (reserved << 4) | opcode;
  bytes[1] = isMasked ? MASKED : 0;
  if (before === 2) bytes[1] |= claimed;
  else if (before === 4) bytes[1] |= 126;
  else bytes[1] |= 127;
  if (before === 4) bytes.writeUInt16BE(claimed, 2);
  if (before === 10) bytes.writeBigUInt64BE(BigInt(claimed), 2);
  payload.copy(bytes, start);
  if (!isMasked) return bytes;
  KEY.copy(bytes, before);
  for (let index = 0; index < payload.length; index++) bytes[start + index] ^= KEY[index & 3];
  return bytes;
}

/** A close frame. */
export function closeFrame(code, reason = "") {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(Opcode.close, Buffer.concat([payload, Buffer.from(reason)]));
}
