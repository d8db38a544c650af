import { describe, expect, test } from "vitest";
import * as ws from "ws";
import { encodeFrame, payloadOf } from "../../../src/delivery/frame.js";

/** The parser that `ws` uses itself; its types leave it out. */
const { Receiver } = ws as unknown as {
  Receiver: new (options: { isServer: boolean }) => import("node:stream").Writable;
};

/** Reads frames with the parser of `ws`, which knows nothing of ours. */
function parse(frame: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const receiver = new Receiver({ isServer: false });
    receiver.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) reject(new Error("binary"));
      else resolve(data.toString());
    });
    receiver.on("error", reject);
    receiver.write(frame);
  });
}

describe("a frame", () => {
  // The lengths at which the header changes its form (RFC 6455, 5.2).
  test.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])(
    "of %d bytes is read by a foreign parser as it was written",
    async (length) => {
      const text = "x".repeat(length);
      const frame = encodeFrame(text);
      expect(await parse(frame)).toBe(text);
      expect(Buffer.from(payloadOf(frame)).toString()).toBe(text);
    },
  );

  test.each(["é€🎉", "日本語".repeat(50), "🎉".repeat(40_000)])(
    "measures characters of several bytes",
    async (text) => {
      const frame = encodeFrame(text);
      expect(await parse(frame)).toBe(text);
      expect(Buffer.from(payloadOf(frame)).toString()).toBe(text);
    },
  );

  test("is a Buffer here, which Node's sockets take as it is", () => {
    expect(Buffer.isBuffer(encodeFrame("x"))).toBe(true);
  });
});
