/** What is used of Node's Buffer. */
interface Buffers {
  allocUnsafe(size: number): Uint8Array & {
    write(text: string, offset: number, encoding: "latin1" | "utf8"): number;
  };
  byteLength(text: string): number;
}

/** Node's sockets take a Buffer as it is and wrap any other Uint8Array once per write. */
const buffers = (globalThis as { Buffer?: Buffers }).Buffer;

/** Uninitialised memory; a Buffer where the runtime has them. */
export function allocate(size: number): Uint8Array {
  return buffers === undefined ? new Uint8Array(size) : buffers.allocUnsafe(size);
}

const encoder = new TextEncoder();

/** FIN and opcode 1, text (RFC 6455, 5.2). */
const FIN_TEXT = 0x81;

/** A server's text frame for `text`: unmasked, unfragmented, uncompressed (RFC 6455, 5.2). */
export function encodeFrame(text: string): Uint8Array {
  if (buffers === undefined) {
    const payload = encoder.encode(text);
    const frame = new Uint8Array(headerLength(payload.length) + payload.length);
    frame.set(payload, writeHeader(frame, payload.length));
    return frame;
  }
  const length = buffers.byteLength(text);
  const frame = buffers.allocUnsafe(headerLength(length) + length);
  // Where each unit is one byte it is ASCII, which is copied, not converted.
  frame.write(text, writeHeader(frame, length), length === text.length ? "latin1" : "utf8");
  return frame;
}

/** Writes the header of a text frame and returns where its payload begins. */
function writeHeader(frame: Uint8Array, length: number): number {
  const start = headerLength(length);
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
  return start;
}

/** The part of a frame made by {@link encodeFrame} that is the message itself. */
export function payloadOf(frame: Uint8Array): Uint8Array {
  const length = frame[1] as number;
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}

function headerLength(length: number): number {
  return length < 126 ? 2 : length < 0x10000 ? 4 : 10;
}
