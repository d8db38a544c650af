import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterwards } from "./net.js";

/** Opcodes (RFC 6455, 5.2). */
export const Opcode = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

/** One frame of a client, masked with a key of zeros: its content stays readable. */
export function frame(opcode: number, content: string | Uint8Array = "", isLast = true): Buffer {
  const payload = Buffer.from(content as string);
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 6 : 8);
  header[0] = (isLast ? 0x80 : 0) | opcode;
  header[1] = 0x80 | Math.min(length, 126);
  if (length >= 126) header.writeUInt16BE(length, 2);
  return Buffer.concat([header, payload]);
}

/** A client's close frame. */
export function closeFrame(code: number): Buffer {
  return frame(Opcode.close, Uint8Array.of(code >> 8, code & 255));
}

/**
 * A WebSocket client by hand, which does only what a test makes it do: it answers nothing, and its network stays
 * open, in both directions, until the test closes it.
 */
export class RawPeer {
  readonly socket: Socket;
  /** Bytes that it has read. */
  bytes = 0;
  /** The code of the close frame that it has read last. */
  code: number | undefined;
  /** Whether its network is gone. */
  isGone = false;
  /** Messages that it has read. */
  readonly texts: string[] = [];
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (data) => this.#read(data));
    socket.on("close", () => {
      this.isGone = true;
    });
  }

  /** Connects and upgrades, as the user whose token is the name. */
  static async open(port: number, name: string): Promise<RawPeer> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    socket.on("error", () => {});
    afterwards(() => socket.destroy());
    await once(socket, "connect");
    socket.write(
      `GET /?token=${name} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    let head = Buffer.alloc(0);
    while (!head.includes("\r\n\r\n")) {
      const [data] = (await once(socket, "data")) as [Buffer];
      head = Buffer.concat([head, data]);
    }
    if (!head.includes(" 101 ")) throw new Error(head.toString("latin1").split("\r\n")[0]);
    const peer = new RawPeer(socket);
    peer.#read(head.subarray(head.indexOf("\r\n\r\n") + 4));
    return peer;
  }

  /** Writes bytes, and resolves when the network has taken them or is gone. */
  write(data: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(data, () => resolve());
    });
  }

  /** Writes the same bytes over and over, until the network is gone or `isOver`. */
  async flood(data: Buffer, isOver = () => false): Promise<void> {
    while (!this.isGone && !this.socket.destroyed && !isOver()) {
      // A server that does not read any more makes it wait; its end ends the wait, too.
      await Promise.race([this.write(data), new Promise((resolve) => setTimeout(resolve, 50))]);
      await new Promise((resolve) => setImmediate(resolve));
      while (this.socket.writableLength > 1_000_000 && !this.socket.destroyed && !isOver()) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  #read(data: Buffer): void {
    this.bytes += data.length;
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    for (;;) {
      const rest = this.#rest;
      if (rest.length < 2) return;
      let length = (rest[1] as number) & 127;
      let header = 2;
      if (length === 126) {
        header = 4;
        if (rest.length < header) return;
        length = rest.readUInt16BE(2);
      } else if (length === 127) {
        header = 10;
        if (rest.length < header) return;
        length = Number(rest.readBigUInt64BE(2));
      }
      if (rest.length < header + length) return;
      const payload = rest.subarray(header, header + length);
      const opcode = (rest[0] as number) & 15;
      this.#rest = rest.subarray(header + length);
      if (opcode === Opcode.text) this.texts.push(payload.toString());
      if (opcode === Opcode.close) this.code = length >= 2 ? payload.readUInt16BE(0) : 1005;
    }
  }
}

/** How many TCP connections this process holds as the server at a port. Linux alone says so. */
export function connectionsAt(port: number): number {
  const ours = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const LISTEN = "0A";
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row[1]?.endsWith(ours) && row[3] !== LISTEN && row[9] !== "0").length;
}
