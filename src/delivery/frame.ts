type Allocate = (size: number) => Uint8Array;

/** Node's sockets take a Buffer as it is and wrap any other Uint8Array once per write. */
const buffers = (globalThis as { Buffer?: { allocUnsafe: Allocate; allocUnsafeSlow: Allocate } })
  .Buffer;

/** Uninitialised memory; a Buffer where the runtime has them. */
export const allocate: Allocate =
  buffers === undefined ? (size) => new Uint8Array(size) : (size) => buffers.allocUnsafe(size);

/** The same, but no slice of a pool. */
export const allocateApart: Allocate =
  buffers === undefined ? allocate : (size) => buffers.allocUnsafeSlow(size);

const encoder = new TextEncoder();

/** FIN and opcode 1, text (RFC 6455, 5.2). */
const FIN_TEXT = 0x81;

/** A server's text frame for `text`: unmasked, unfragmented, uncompressed (RFC 6455, 5.2). */
export function encodeFrame(text: string, memory: Allocate = allocate): Uint8Array {
  const payload = encoder.encode(text);
  const length = payload.length;
  const start = headerLength(length);
  const frame = memory(start + length);
  frame[0] = FIN_TEXT;
  if (start === 2) {
    frame[1] = length;
  } else if (start === 4) {
    frame[1] = 126;
    frame[2] = length >>> 8;
    frame[3] = length & 0xff;
  } else {
    frame[1] = 127;
    new DataView(frame.buffer, frame.byteOffset).setBigUint64(2, BigInt(length));
  }
  frame.set(payload, start);
  return frame;
}

/** The part of a frame made by {@link encodeFrame} that is the message itself. */
export function payloadOf(frame: Uint8Array): Uint8Array {
  const length = frame[1] as number;
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}

function headerLength(length: number): number {
  return length < 126 ? 2 : length < 0x10000 ? 4 : 10;
}
