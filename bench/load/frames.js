import { randomBytes } from "node:crypto";

const FIN_TEXT = 0x81;
const FIN_PONG = 0x8a;
const MASKED = 0x80;

/** A client's text frame (RFC 6455, 5.2), masked with a random key as a browser would. */
export function textFrame(text) {
  return clientFrame(FIN_TEXT, Buffer.from(text));
}

/** An empty pong. */
export function pongFrame() {
  return clientFrame(FIN_PONG, Buffer.alloc(0));
}

function clientFrame(firstByte, payload) {
  if (payload.length > 0xffff) throw new Error("The load sends small messages only.");
  const header =
    payload.length < 126
      ? Buffer.from([firstByte, MASKED | payload.length])
      : Buffer.from([firstByte, MASKED | 126, payload.length >> 8, payload.length & 0xff]);
  const key = randomBytes(4);
  const masked = Buffer.from(payload);
  for (let index = 0; index < masked.length; index++) masked[index] ^= key[index & 3];
  return Buffer.concat([header, key, masked]);
}
